from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountPayment(models.Model):
    """How money that goes back is taken off what a payment has paid."""

    _inherit = "account.payment"

    # === WHERE THE MONEY GOES BACK FROM === #

    def _clinic_get_sources(self):
        """Return ``(account, line, amount, written off)``, as money goes back.

        What has paid nothing (no line) comes first, then the line that is due last:
        the oldest ones stay paid. Amounts are in the currency of the payment; what is
        written off, a discount for example, is part of them and no money.
        """
        self.ensure_one()
        nothing = self.env["account.move.line"]
        parts = self._clinic_get_write_off_parts()
        matched = sum(part for part, _settled in parts.values())
        left = self._clinic_get_write_off_left() - matched
        sources = []
        for line in self._clinic_get_receivable_lines():
            if not line.reconciled:
                amount = -line.amount_residual_currency
                sources.append((line.account_id, nothing, amount, min(left, amount)))
                left -= min(left, amount)
        for partial in self._clinic_get_partials():
            account = partial.credit_move_id.account_id
            written_off, _settled = parts.get(partial, (0.0, 0.0))
            amount = partial.credit_amount_currency
            sources.append((account, partial.debit_move_id, amount, written_off))
        return sources

    def _clinic_take_from_sources(self, amount):
        """Return ``(account, line, part, written off)`` that give ``amount`` back.

        The money of the parts is ``amount``. What is written off of a source, and
        part of it, falls with the last of its money.
        """
        compare = self.currency_id.compare_amounts
        taken = []
        for account, line, available, written_off in self._clinic_get_sources():
            money = min(self.currency_id.round(available - written_off), amount)
            is_all = compare(money, available - written_off) == 0
            part = available if is_all else min(available, money)
            if compare(part, 0) > 0 and compare(amount, 0) > 0:
                off = self.currency_id.round(part - money)
                taken.append((account, line, part, off))
                amount = self.currency_id.round(amount - money)
        return taken

    def _clinic_get_reopening(self, amount):
        """Return which invoices are open again, by how much, if it goes back."""
        return self._clinic_sum_by_invoice(self._clinic_take_from_sources(amount))

    def _clinic_get_paid_parts(self):
        """Return what this payment has paid on which invoice, in its currency."""
        return self._clinic_sum_by_invoice(self._clinic_get_sources())

    def _clinic_sum_by_invoice(self, sources):
        """Return which part of each invoice is among these."""
        parts = defaultdict(float)
        for _account, line, part, _written_off in sources:
            if line:
                parts[line.move_id] += part
        return dict(parts)

    def _clinic_get_amount_back(self, invoices):
        """Return the money that goes back when these invoices are voided.

        A discount or a write-off has paid as well, and is no money.
        """
        parts = self._clinic_get_paid_parts()
        paid = sum(parts.get(invoice, 0.0) for invoice in invoices)
        paid -= sum(self._clinic_get_write_offs_on(invoices).values())
        return min(self.currency_id.round(paid), self._clinic_get_returnable())

    # === RECONCILING === #

    def _clinic_net_against(self, outbound, taken=()):
        """Reconcile this payment with money that went back.

        As much of it as is needed is taken off its invoices, the one due last first;
        with the rest it goes on paying them. Doing it twice changes nothing.

        :param account.payment outbound: posted, of the same partner and currency
        :param list taken: what the money was taken from, found out before it went back
            by :meth:`_clinic_take_from_sources`
        """
        self.ensure_one()
        reopened = self.env["account.move"]
        owed = outbound._clinic_get_receivable_lines()
        for account, lines in owed.grouped("account_id").items():
            lines = lines.filtered(lambda line: not line.reconciled)
            paid = self._clinic_get_receivable_lines().filtered(
                lambda line, account=account: line.account_id == account
            )
            if not lines or not paid:
                continue
            needed = sum(lines.mapped("amount_residual_currency"))
            freed = self._clinic_free(paid, needed)
            (paid + lines).reconcile()
            # What is too much was taken off the last one; the others were due later.
            self._clinic_reconcile_open(paid + freed[-1:])
            reopened |= freed.move_id
        linked = outbound._clinic_unguarded()
        linked.clinic_reversed_payment_id = self
        linked.clinic_reopened_invoice_ids |= reopened
        self._clinic_forget_unpaid(reopened)
        self._clinic_remember_given_back(outbound, taken)

    def _clinic_free(self, lines, needed):
        """Take the payment off its invoices until ``needed`` of it is open.

        :return: the invoices' lines that it was taken off, in this order
        """
        freed = self.env["account.move.line"]
        for partial in self._clinic_get_partials():
            open_amount = -sum(lines.mapped("amount_residual_currency"))
            if self.currency_id.compare_amounts(open_amount, needed) >= 0:
                break
            if partial.credit_move_id in lines:
                freed |= partial.debit_move_id
                partial.unlink()
        return freed

    def _clinic_reconcile_open(self, lines):
        """Reconcile those of the lines with each other that are still open."""
        plan = self._clinic_plan_open(lines)
        if plan:
            lines._reconcile_plan(plan)

    def _clinic_take_off(self, invoices):
        """Take the payment off these invoices: it is open credit then."""
        self.ensure_one()
        partials = self._clinic_get_partials().filtered(
            lambda partial: partial.debit_move_id.move_id in invoices
        )
        partials.credit_move_id._clinic_mark_freed()
        partials.unlink()
        self._clinic_forget_unpaid(invoices)

    # === MONEY THAT HAS NOT MOVED === #

    def _clinic_annul(self):
        """Cancel these payments; reverse an entry that may not be changed.

        Who calls it has found out that their money has not moved, or never will.
        """
        for payment in self._clinic_undoing():
            move = payment.move_id
            if move.need_cancel_request:
                raise UserError(
                    self.env._(
                        "The entry of %(payment)s has been reported to the "
                        "authorities. Request its cancellation first.",
                        payment=payment.display_name,
                    )
                )
            if move and not move._can_be_unlinked():
                payment._clinic_reverse_entry()
            elif payment.state != "canceled":
                payment.action_cancel()

    def _clinic_reverse_entry(self):
        """Reverse the locked entry of this payment with one of today."""
        self.ensure_one()
        move = self.move_id
        if not move.reversal_move_ids:
            today = self.company_id._clinic_get_day()
            ref = self.env._("Reversal of: %(entry)s", entry=move.name)
            move._reverse_moves([{"date": today, "ref": ref}], cancel=True)
        self.write({"state": "canceled", "invoice_ids": [Command.clear()]})

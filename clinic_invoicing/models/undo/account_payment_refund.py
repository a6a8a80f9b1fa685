from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError

from ...rules import smallest_units


class AccountPayment(models.Model):
    """Money that goes back: sent by its provider, and booked as outbound payment."""

    _inherit = "account.payment"

    # === SENT BY THE PROVIDER === #

    def _clinic_get_sender(self):
        """Return the transaction by which the money can be sent back.

        It is empty when people have to hand the money out. This is a hook for
        providers that decide it in their own way.
        """
        self.ensure_one()
        # sudo: managers do not read every transaction.
        tx = self.sudo().payment_transaction_id
        can_send = (
            tx.state == "done"
            and tx.operation != "refund"
            and "none" not in tx._clinic_get_refund_support()
        )
        return tx if can_send else tx.browse()

    def _clinic_send_back(self, amount):
        """Let the provider refund ``amount``, and book it once that is done.

        :return: the outbound payment; none while it is under way
        :raise UserError: the provider has refused, or cannot refund a part
        """
        tx = self._clinic_get_sender()
        tx.lock_for_update()
        self._clinic_check_sendable(amount)
        # Everything else comes first: what fails after this line cannot undo it.
        self.env.flush_all()
        # Context: the employee has done it, not the payer.
        refund = tx.with_context(payment_backend_action=True)._refund(amount)
        if refund.state == "error":
            raise UserError(refund.state_message)
        if refund.state == "cancel":
            # The provider has dropped a charge that was not settled yet: the money
            # stays with the client, and there is no refund of its own.
            return self._clinic_book_given_back(amount)
        if refund.state == "done":
            refund._post_process()
        return self.browse(refund.payment_id.ids)

    def _clinic_check_sendable(self, amount):
        """Raise UserError unless the provider can send this much back now."""
        tx = self._clinic_get_sender()
        if self._clinic_get_refunds_under_way():
            raise UserError(
                self.env._(
                    "%(provider)s has not confirmed an earlier refund of this payment. "
                    "Wait for it. If %(provider)s itself shows that it was made, "
                    "choose that it was given back already.",
                    provider=tx.provider_id.name,
                )
            )
        is_part = self.currency_id.compare_amounts(amount, tx.amount) < 0
        if is_part and "full_only" in tx._clinic_get_refund_support():
            raise UserError(
                self.env._(
                    "%(provider)s can only send all of this payment back, not a part.",
                    provider=tx.provider_id.name,
                )
            )

    def _clinic_get_refunds_under_way(self):
        """Return the refunds that were sent and have not been confirmed yet."""
        self.ensure_one()
        # Some providers leave a refund in draft until they confirm it.
        return self._clinic_get_sender().child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state in ("draft", "pending")
        )

    def _clinic_confirm_refund_under_way(self, amount):
        """Book the refund of that amount which its provider has never confirmed.

        A confirmation that comes after all finds it done.

        :return: its payment; none when there is no such refund
        """
        refund = self._clinic_get_refunds_under_way().filtered(
            lambda tx: not self.currency_id.compare_amounts(-tx.amount, amount)
        )[:1]
        refund._set_done()
        refund._post_process()
        return self.browse(refund.payment_id.ids)

    # === THE OUTBOUND PAYMENT === #

    def _clinic_book_given_back(self, amount):
        """Create and post the outbound payment of ``amount``, and net it."""
        taken = self._clinic_take_from_sources(amount)
        return self._clinic_book_outbound(
            self._clinic_prepare_given_back(amount), taken
        )

    def _clinic_take_discounts_back(self, parts):
        """Owe anew what was let off: by an outbound payment without money.

        :param dict parts: how much on which receivable account
        """
        written_off = sum(parts.values())
        if self.currency_id.is_zero(written_off):
            return
        values = self._clinic_prepare_given_back(0.0)
        values.update(self._clinic_prepare_lines_back(parts, written_off))
        self._clinic_book_outbound(values)

    def _clinic_book_outbound(self, values, taken=()):
        """Create and post an outbound payment, and net it.

        :param list taken: see :meth:`_clinic_net_against`
        """
        self.ensure_one()
        # Context: taxes of a discount are copied, not computed anew.
        payments = self._clinic_unguarded().with_context(skip_invoice_sync=True)
        outbound = payments.create(values)
        outbound.action_post()
        self._clinic_net_against(outbound, taken)
        return outbound.with_env(self.env)

    def _clinic_prepare_given_back(self, amount):
        """Return the values of the outbound payment that gives ``amount`` back.

        It is in the same journal and by the same method, so that both meet in the same
        outstanding account and the bank's payout is the difference.
        """
        self.ensure_one()
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.id,
            "clinic_payer_id": self.clinic_payer_id.id,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "journal_id": self.journal_id.id,
            "company_id": self.company_id.id,
            "payment_method_line_id": self.payment_method_line_id.id,
            "outstanding_account_id": self.outstanding_account_id.id,
            "memo": self.env._("Given back: %(payment)s", payment=self.display_name),
            "clinic_reversed_payment_id": self.id,
            **self._clinic_prepare_given_back_lines(amount),
        }

    def _clinic_prepare_given_back_lines(self, amount):
        """Return the receivable accounts that giving ``amount`` back belongs to.

        A discount falls when nothing is left of the money that its invoice got.
        """
        parts, written_off = defaultdict(float), 0.0
        for account, _line, part, off in self._clinic_take_from_sources(amount):
            parts[account] += part
            written_off += off
        return self._clinic_prepare_lines_back(parts, written_off)

    def _clinic_prepare_lines_back(self, parts, written_off):
        """Return the values by which an outbound payment owes parts on accounts.

        :param dict parts: by receivable account; the first one takes what is left
        :param float written_off: how much of them is no money
        """
        destination, *others = parts or [self.destination_account_id]
        extra = [
            self._clinic_prepare_part(account, parts[account]) for account in others
        ]
        return {
            "destination_account_id": destination.id,
            "write_off_line_vals": extra
            + self._clinic_prepare_discounts_back(written_off),
        }

    def _clinic_prepare_part(self, account, amount):
        """Return the values of a line that owes a part on another account."""
        today = self.company_id._clinic_get_day()
        company_currency = self.company_id.currency_id
        return {
            "name": self.env._("Given back: %(payment)s", payment=self.display_name),
            "account_id": account.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "balance": self.currency_id._convert(
                amount, company_currency, self.company_id, today
            ),
        }

    # === DISCOUNTS THAT ARE TAKEN BACK === #

    def _clinic_prepare_discounts_back(self, amount):
        """Return the values of lines that take discounts and write-offs back.

        Each kind is taken by its share in what is left of them, so that with the last
        of the money nothing is left of any.

        :param float amount: how much of them, in the currency of the payment
        """
        if self.currency_id.is_zero(amount):
            return []
        left = self._clinic_get_write_off_left()
        payments = self | self._clinic_get_booked_reversals()
        lines = self.env["account.move.line"].union(
            *(payment._clinic_get_write_off_lines() for payment in payments)
        )
        kinds = lines.grouped(get_kind).values()
        taken = {
            name: self._clinic_take_share(
                currency, [sum(kind.mapped(name)) for kind in kinds], amount, left
            )
            for name, currency in (
                ("amount_currency", self.currency_id),
                ("balance", self.company_id.currency_id),
            )
        }
        return [
            kind[0]._clinic_prepare_copy(amount_currency=-part, balance=-balance)
            for kind, part, balance in zip(kinds, *taken.values(), strict=True)
        ]

    def _clinic_take_share(self, currency, amounts, part, whole):
        """Return the same share of each of these amounts, together rounded once.

        :param float part: of ``whole``: what the share is
        """
        unit = currency.rounding
        units = [smallest_units.to_smallest_unit(amount, unit) for amount in amounts]
        taken = smallest_units.take_share(units, part, whole)
        return [currency.round(each * unit) for each in taken]


def get_kind(line):
    """Return what a line of a discount or write-off has in common with its copies."""
    distribution = line.analytic_distribution
    return (
        line.account_id,
        line.partner_id,
        line.tax_ids,
        line.tax_repartition_line_id,
        line.name,
        distribution and str(sorted(distribution.items())),
    )

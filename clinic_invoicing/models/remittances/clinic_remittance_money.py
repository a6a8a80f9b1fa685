from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError

from ...rules.smallest_units import pair_off, to_smallest_unit
from ..paying.account_payment import BOOKED_STATES


class ClinicRemittance(models.Model):
    """The money of a remittance: one payment, and exactly what it pays of each line."""

    _inherit = "clinic.remittance"

    # === THE PAYMENT === #

    def _pay(self, taken, lines):
        """Pay what these lines name, by one payment and by what was taken back.

        :param dict taken: see :meth:`_take_back`
        :param clinic.remittance.line lines: whose shares are on invoices
        """
        self.ensure_one()
        paid = lines.filtered(lambda line: line.paid > 0)
        amount = self.currency_id.round(sum(lines.mapped("paid")))
        money = [(payment, part) for (payment, _invoice), part in taken.items()]
        if not self.currency_id.is_zero(amount):
            money.insert(0, (self._get_payment(amount, paid), amount))
        self._pay_named(money, paid)

    def _get_payment(self, amount, lines):
        """Return the posted payment of this amount: of before, if it has stayed."""
        kept = self.payment_id.filtered(lambda one: one.state in BOOKED_STATES)
        if not kept:
            payment = self._create_payment(amount, lines)
        elif kept.currency_id.compare_amounts(kept.clinic_amount_unallocated, amount):
            raise UserError(
                self.env._(
                    "%(payment)s is on a bank statement, and %(open)s of it is open. "
                    "The lines on invoices are to be %(open)s altogether, not "
                    "%(amount)s.",
                    payment=kept.display_name,
                    open=kept.currency_id.format(kept.clinic_amount_unallocated),
                    amount=kept.currency_id.format(amount),
                )
            )
        else:
            payment = kept
        # sudo: nobody writes it by hand.
        self.sudo().payment_id = payment
        return payment

    def _create_payment(self, amount, lines):
        """Book and post the payment of the insurer."""
        owed = lines.share_id.invoice_line_ids.move_id._clinic_get_open_lines()
        method = self._get_method_line()
        # Context: what is owed changes now, not with the bank statement (forced where
        # the method has an account, the entry would be on another one).
        payments = self.env["account.payment"].with_context(
            force_payment_move=not method.payment_account_id
        )
        payment = payments.create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.insurer_id._clinic_get_ledger_partner().id,
                "clinic_payer_id": self.insurer_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "journal_id": self.journal_id.id,
                "payment_method_line_id": method.id,
                "date": self.date,
                "amount": amount,
                "memo": self.reference,
                "destination_account_id": owed[:1].account_id.id,
            }
        ).with_env(self.env)
        payment.action_post()
        return payment

    def _get_method_line(self):
        """Return by which method of the journal the money comes, without a provider."""
        lines = self.journal_id._get_available_payment_method_lines("inbound")
        line = lines.filtered(lambda one: not one.payment_provider_id)[:1]
        if not line:
            raise UserError(
                self.env._(
                    "Choose a journal into which money comes without an online "
                    "provider."
                )
            )
        return line

    # === WHAT IT PAYS === #

    def _pay_named(self, money, lines):
        """Pay what these lines name with this money, and remember the shares.

        :param list[tuple] money: payments and how much of each; together as much as
            the lines
        """
        rounding = self.currency_id.rounding
        wants = lines._get_invoice_parts()
        pairs = pair_off(
            [to_smallest_unit(part, rounding) for _payment, part in money],
            [to_smallest_unit(part, rounding) for *_line, part in wants],
        )
        named, groups = [], defaultdict(float)
        for have, want, units in pairs:
            payment, (line, invoice, _part) = money[have][0], wants[want]
            part = self.currency_id.round(units * rounding)
            named.append((line, payment, invoice, part))
            groups[payment, invoice] += part
        self._match(groups)
        lines._remember_money(named)

    def _match(self, groups):
        """Pay invoices with open money, exactly so much of each, or refuse.

        :param dict groups: how much, by payment and invoice
        :raise UserError: an invoice is on another account than the money
        """
        items = self.env["account.move.line"]
        rows = [
            (
                payment._clinic_get_receivable_lines(),
                invoice._clinic_get_open_lines(),
                amount,
            )
            for (payment, invoice), amount in groups.items()
        ]
        parts, missing = items._clinic_plan_exactly(rows)
        if missing:
            invoices = [list(groups)[number][1].display_name for number in missing]
            raise UserError(
                self.env._(
                    "%(invoices)s cannot be paid from here: it is booked on another "
                    "account, or has changed meanwhile.",
                    invoices=", ".join(invoices),
                )
            )
        items._clinic_match_exactly(parts)
        for payment, invoices in _group_invoices(groups).items():
            payment.invoice_ids |= invoices

    def _unmatch(self, groups):
        """Take so much money off invoices, which it goes on paying with the rest.

        :param dict groups: how much, by payment and invoice
        """
        partials = self.env["account.partial.reconcile"]
        left = {}
        for (payment, invoice), amount in groups.items():
            own = payment._clinic_get_partials().filtered(
                lambda partial, invoice=invoice: (
                    partial.debit_move_id.move_id == invoice
                )
            )
            matched = sum(own.mapped("debit_amount_currency"))
            rest = self.currency_id.round(matched - amount)
            partials |= own
            if self.currency_id.compare_amounts(rest, 0) > 0:
                left[payment, invoice] = rest
        partials.unlink()
        for payment, invoices in _group_invoices(groups).items():
            payment._clinic_forget_unpaid(invoices)
        self._match(left)

    # === WHAT IS TAKEN BACK === #

    def _take_back(self, lines):
        """Take the money of earlier payments off what these lines take back.

        :return: how much money is free then, by payment and invoice
        :rtype: dict
        """
        if not lines:
            return {}
        # Before something goes, it is said what paid what: the rest would move up.
        lines.share_id.invoice_line_ids.move_id._clinic_name_paid()
        named, groups = [], defaultdict(float)
        for line in lines:
            for payment, invoice, part in line._get_money_to_take_back():
                named.append((line, payment, invoice, -part))
                groups[payment, invoice] += part
        lines._remember_money(named)
        self._unmatch(groups)
        return groups


class ClinicRemittanceLine(models.Model):
    """Which invoices and which money a line is about."""

    _inherit = "clinic.remittance.line"

    def _get_invoice_parts(self):
        """Return what these pay of which invoice: a line, an invoice and a part each.

        :raise UserError: less is open
        """
        open_parts = defaultdict(list)
        invoices = self.share_id.invoice_line_ids.move_id
        for invoice, shares in invoices._clinic_get_open_by_share().items():
            for share, amount in shares.items():
                open_parts[share].append((invoice, amount))
        found = []
        for line in self:
            left = line.paid
            for invoice, amount in open_parts[line.share_id]:
                part = line.currency_id.round(min(left, amount))
                if line.currency_id.compare_amounts(part, 0) > 0:
                    found.append((line, invoice, part))
                    left = line.currency_id.round(left - part)
            line._check_all_found(left)
        return found

    def _get_money_to_take_back(self):
        """Return what has paid the share, the newest first: payment, invoice, part.

        :raise UserError: less was paid by payments
        """
        self.ensure_one()
        rounding, found, left = self.currency_id.rounding, [], -self.paid
        for invoice in self.share_id.invoice_line_ids.move_id:
            paid = invoice.clinic_allocation_ids._sum_by_payment()
            for payment, parts in sorted(paid.items(), key=lambda item: -item[0].id):
                part = min(left, parts.get(self.share_id, 0) * rounding)
                part = self.currency_id.round(part)
                if self.currency_id.compare_amounts(part, 0) > 0:
                    found.append((payment, invoice, part))
                    left = self.currency_id.round(left - part)
        self._check_all_found(left)
        return found

    def _check_all_found(self, left):
        if not self.currency_id.is_zero(left):
            raise UserError(
                self.env._(
                    "%(service)s: %(amount)s of it cannot be found on the invoices of "
                    "the insurer.",
                    service=self.share_id.display_name,
                    amount=self.currency_id.format(left),
                )
            )

    def _remember_money(self, named):
        """Keep which share of a line was paid by which money.

        :param list[tuple] named: a line, a payment, an invoice and a part each
        """
        rows = self.env["clinic.share.allocation"]._remember(
            [
                (payment, invoice, line.share_id, part)
                for line, payment, invoice, part in named
            ]
        )
        for row, (line, *_money) in zip(rows, named, strict=True):
            row.remittance_line_id = line


def _group_invoices(pairs):
    """Return the invoices of each payment among these pairs of both."""
    groups = {}
    for payment, invoice in pairs:
        groups[payment] = groups.get(payment, invoice) | invoice
    return groups

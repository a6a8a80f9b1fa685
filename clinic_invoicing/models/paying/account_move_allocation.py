from collections import defaultdict

from odoo import models
from odoo.exceptions import ValidationError

from .account_move import UNPAID_STATES

# Invoices in the order in which money pays them: _clinic_get_open_lines().
PAID_FIRST = "invoice_date_due, currency_id, amount_total, id"


class AccountMove(models.Model):
    """What clients can be asked for at present, and what a payment would pay."""

    _inherit = "account.move"

    # === WHAT A PAYMENT PAYS === #

    def _clinic_sum_owed(self):
        """Return what is owed on these invoices of one currency, to the cent.

        The sum of binary fractions is none: 20.27 + 66.24 is 86.50999999999999.
        """
        owed = sum(self.mapped("amount_residual"))
        return self.currency_id[:1].round(owed) if self else owed

    def _clinic_sum_asked(self, day=None):
        """Return the money that closes these invoices: what is owed less discounts.

        :param date day: on which it is paid; today if there is none
        """
        day = day or self._clinic_get_day()
        owed = self._clinic_sum_owed()
        early = self.filtered("invoice_payment_term_id.early_discount")
        discounts = [
            line._clinic_get_discount(day) for line in early._clinic_get_open_lines()
        ]
        return self.currency_id[:1].round(owed - sum(discounts)) if discounts else owed

    def _clinic_get_day(self):
        """Return today as it is for the practice, whoever asks and from wherever."""
        return (self.company_id[:1] or self.env.company)._clinic_get_day()

    def _clinic_get_open_lines(self):
        """Return the receivable lines with money open, in the order they are paid.

        It is the order in which Odoo reconciles: the oldest due first.
        """
        lines = self.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        return lines.sorted(
            lambda line: (
                line.date_maturity or line.date,
                line.currency_id.id,
                line.amount_currency,
                line.id,
            )
        )

    def _clinic_get_line_parts(self, amount, day=None):
        """Return what a payment of ``amount`` would pay of each receivable line.

        A part that closes its line in time has the discount beside it.

        :param float amount: in the currency of the invoices
        :param date day: whose discounts count; today's if it is ``None``
        :return: a line, its part and its discount each, in the order they are paid
        :rtype: list[tuple]
        """
        day = self._clinic_get_day() if day is None else day
        parts, left = [], amount
        for line in self._clinic_get_open_lines():
            currency = line.currency_id
            discount = line._clinic_get_discount(day)
            asked = currency.round(line.amount_residual_currency - discount)
            part = min(left, asked)
            if currency.compare_amounts(part, 0) > 0:
                is_closed = currency.compare_amounts(part, asked) == 0
                parts.append((line, part, discount if is_closed else 0.0))
                left = currency.round(left - part)
        return parts

    def _clinic_get_allocation(self, amount):
        """Return what a payment of ``amount`` would pay of each of these invoices.

        :param float amount: in the currency of the invoices
        :return: pairs of an invoice and its part, in the order they are paid
        :rtype: list[tuple]
        """
        parts = defaultdict(float)
        for line, part, _discount in self._clinic_get_line_parts(amount):
            parts[line.move_id] += part
        return [(move, move.currency_id.round(part)) for move, part in parts.items()]

    def _clinic_get_left(self, part):
        """Return the discount that a part gets today, and what is open after it."""
        self.ensure_one()
        discount = sum(each[2] for each in self._clinic_get_line_parts(part))
        left = self.currency_id.round(self.amount_residual - part - discount)
        return discount, max(0.0, left)

    def _clinic_check_part(self, amount):
        """Raise ValidationError when the practice does not take so small a part.

        :param float amount: what the client wants to pay of what these owe
        """
        asked = self._clinic_sum_asked()
        for company in self.company_id:
            currency = self.currency_id[:1]
            least = company.currency_id._convert(
                company.clinic_minimum_part, currency, company
            )
            if currency.compare_amounts(amount, min(least, asked)) < 0:
                raise ValidationError(
                    self.env._(
                        "Please pay at least %(amount)s at once.",
                        amount=currency.format(min(least, asked)),
                    )
                )

    # === WHAT CLIENTS ARE ASKED FOR === #

    def _clinic_is_unpaid(self):
        """Whether it is an invoice that somebody still owes money for."""
        self.ensure_one()
        return (
            self.state == "posted"
            and self.move_type == "out_invoice"
            and self.payment_state in UNPAID_STATES
        )

    def _clinic_get_claimable(self):
        """Return those that clients can be asked for at present.

        Not what they cannot pay, what is on its way, what a bank or an insurer has
        still to decide, and what insurers owe.
        """
        return self.filtered(
            lambda move: (
                not move._clinic_get_payment_obstacle()
                and not move._clinic_is_disputed()
                and not move._clinic_is_waiting_for_insurer()
                and not move._clinic_is_billed_to_insurer()
            )
        )

    def _clinic_is_disputed(self):
        """Whether a bank has still to decide about a payment: a hook for providers."""
        self.ensure_one()
        return False

    def _clinic_is_waiting_for_insurer(self):
        """Whether an insurer still owes a part of a service on this invoice.

        What the client owes may change with the insurer's answer.
        """
        self.ensure_one()
        # sudo: clients read no services.
        services = self.sudo().invoice_line_ids.clinic_service_id
        return any(
            share.payer_type == "insurer" and share.amount_due > 0
            for share in services.share_ids
        )

    def _clinic_is_billed_to_insurer(self):
        """Whether this is an insurer's invoice, not a client's."""
        self.ensure_one()
        # sudo: clients read no shares.
        shares = self.sudo().invoice_line_ids.clinic_share_id
        return any(share.payer_type == "insurer" for share in shares)

from collections import defaultdict

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...rules.smallest_units import allocate_as_shown, to_smallest_unit
from .payment_provider import get_most

# Invoices in the order in which money pays their lines, for lists of invoices; see
# account.move.line._clinic_sort_oldest_first().
PAID_FIRST = "invoice_date_due, currency_id, amount_total, id"


class AccountMove(models.Model):
    """How much closes invoices, early discounts taken off, and what a payment pays."""

    _inherit = "account.move"

    # === WHAT CLOSES THEM === #

    def _clinic_sum_owed(self):
        """Return what is owed on these invoices of one currency, to the cent.

        The sum of binary fractions is none: 20.27 + 66.24 is 86.50999999999999.
        """
        owed = sum(self.mapped("amount_residual"))
        return self.currency_id[:1].round(owed) if self else owed

    def _clinic_sum_closing(self, day=None):
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

    # === WHAT A PAYMENT PAYS === #

    def _clinic_get_open_lines(self):
        """Return the receivable lines with money open, in the order they are paid."""
        lines = self.line_ids
        lines = lines.filtered_domain(lines._clinic_get_open_domain())
        return lines._clinic_sort_oldest_first()

    def _clinic_get_line_parts(self, amount, day=None, shown=()):
        """Return what a payment of ``amount`` would pay of each receivable line.

        What was shown to who has paid it, as far as it is still open; the rest goes to
        the oldest due first. A part that closes its line in time has the discount
        beside it.

        :param float amount: in the currency of the invoices
        :param date day: whose discounts count; today's if it is ``None``
        :param list shown: ids of lines and their parts: ``clinic_allocation``
        :return: a line, its part and its discount each, in the order they are paid
        :rtype: list[tuple]
        """
        lines = self._clinic_get_open_lines()
        if not lines:
            return []
        day = self._clinic_get_day() if day is None else day
        rounding = lines.currency_id[:1].rounding
        discounts = [line._clinic_get_discount(day) for line in lines]
        asked = [
            to_smallest_unit(line.amount_residual_currency - discount, rounding)
            for line, discount in zip(lines, discounts, strict=True)
        ]
        seen = {line_id: to_smallest_unit(part, rounding) for line_id, part in shown}
        parts = allocate_as_shown(
            to_smallest_unit(amount, rounding),
            [seen.get(line.id, 0) for line in lines],
            asked,
        )
        return [
            (line, line.currency_id.round(part * rounding), discount * (part == whole))
            for line, part, discount, whole in zip(
                lines, parts, discounts, asked, strict=True
            )
            if part > 0
        ]

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

    def _clinic_get_left(self, allocation):
        """Return what each part gets as a discount today, and leaves to be paid.

        What is covered by money that is held is not to be paid.

        :param list allocation: of these, see :meth:`_clinic_get_allocation`
        :rtype: dict[account.move, tuple]
        """
        covered = self._clinic_get_covered(self._clinic_get_asker())
        left = {}
        for move, part in allocation:
            discount = sum(each[2] for each in move._clinic_get_line_parts(part))
            rest = move.amount_residual - part - discount - covered.get(move, 0.0)
            left[move] = discount, max(0.0, move.currency_id.round(rest))
        return left

    def _clinic_get_chargeable(self, amount):
        """Return what can be paid online at once of an amount of these.

        All of it where nothing is paid online: the page says how else.
        """
        company, currency = self.company_id[:1], self.currency_id[:1]
        limits = self.env["payment.provider"]._clinic_get_limits_of(
            company.id, currency.id
        )
        return get_most(limits, amount, currency) if limits else amount

    def _clinic_check_part(self, amount):
        """Raise ValidationError when so small a part is not taken, or leaves one.

        :param float amount: what the client wants to pay of what these owe
        """
        self._clinic_check_chargeable_part(amount)
        asked = self._clinic_sum_offered(self._clinic_get_asker())
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

    def _clinic_check_chargeable_part(self, amount):
        """Raise ValidationError when no provider charges this, or then the rest."""
        currency = self.currency_id[:1]
        chargeable = self._clinic_get_chargeable(amount)
        if currency.compare_amounts(amount, chargeable):
            raise ValidationError(self._clinic_explain_chargeable(chargeable))
        most = self._clinic_sum_offered(self._clinic_get_asker())
        if not currency.compare_amounts(amount, self._clinic_get_chargeable(most)):
            return
        allocation = self._clinic_get_allocation(amount)
        for move, (_discount, left) in self._clinic_get_left(allocation).items():
            if left and not move._clinic_get_chargeable(left):
                raise ValidationError(
                    self.env._(
                        "%(left)s would be left, and so little cannot be paid online. "
                        "Please pay all of it: %(all)s",
                        left=currency.format(left),
                        all=currency.format(most),
                    )
                )

    def _clinic_explain_chargeable(self, chargeable):
        """Return how much can be paid online at once."""
        currency = self.currency_id[:1]
        if not chargeable:
            return self.env._("So little cannot be paid online.")
        return self.env._(
            "%(amount)s can be paid online at once.",
            amount=currency.format(chargeable),
        )

    # === EARLY DISCOUNTS === #

    @api.model
    def _clinic_get_discounts(self, domain):
        """Return what is let off these invoices today.

        :return: amounts by company, currency and the day on which it is due
        :rtype: dict[tuple, float]
        """
        discounts = defaultdict(float)
        day = self._clinic_get_day()
        early = Domain("invoice_payment_term_id.early_discount", "=", True)
        in_time = Domain("line_ids.discount_date", ">=", day)
        moves = self.search(Domain(domain) & early & in_time)
        for line in moves._clinic_get_open_lines():
            key = line.company_id, line.currency_id, line._clinic_get_due_day()
            discounts[key] += line._clinic_get_discount(day)
        return discounts

    def _clinic_get_discount_offer(self):
        """Return what closes this invoice and until when, if that is less than is owed.

        :rtype: dict | None
        """
        self.ensure_one()
        if not self.invoice_payment_term_id.early_discount:
            return None
        day = self._clinic_get_day()
        lines = self._clinic_get_open_lines().filtered(
            lambda line: line._clinic_get_discount(day)
        )
        if not lines:
            return None
        last_day = min(lines.mapped("discount_date"))
        return {"amount": self._clinic_sum_closing(), "last_day": last_day}

from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ...server_side import heard


class AccountMove(models.Model):
    """Odoo's early payment discounts, as clients read of them, and only once."""

    _inherit = "account.move"

    @api.model
    def _clinic_get_discounts(self, domain):
        """Return what is let off these invoices today, by company and currency.

        :rtype: dict[tuple, float]
        """
        discounts = defaultdict(float)
        day = self._clinic_get_day()
        early = Domain("invoice_payment_term_id.early_discount", "=", True)
        in_time = Domain("line_ids.discount_date", ">=", day)
        moves = self.search(Domain(domain) & early & in_time)
        for line in moves._clinic_get_open_lines():
            key = line.company_id, line.currency_id
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
        return {"amount": self._clinic_sum_asked(), "last_day": last_day}

    def _get_invoice_next_payment_values(self, custom_amount=None):
        values = super()._get_invoice_next_payment_values(custom_amount)
        # Set by who books a transaction.
        if heard(self.env, "clinic_discounts_are_booked"):
            return {**values, "installment_state": None}
        return values

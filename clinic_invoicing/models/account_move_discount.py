from odoo import models


class AccountMove(models.Model):
    """Keep stock from writing off a discount that the payment has already."""

    _inherit = "account.move"

    def _get_invoice_next_payment_values(self, custom_amount=None):
        values = super()._get_invoice_next_payment_values(custom_amount)
        # Set by who books a transaction.
        if self.env.context.get("clinic_discounts_are_booked"):
            return {**values, "installment_state": None}
        return values

from odoo import models

# By these it is no longer the transaction that has moved the money of its payment.
HOLDING_FIELDS = {"operation", "payment_id", "provider_id", "state"}


class PaymentTransaction(models.Model):
    """Who keeps the books may write transactions: not those of booked payments."""

    _inherit = "payment.transaction"

    def write(self, vals):
        # What a provider says is written as superuser.
        if not self.env.su and not HOLDING_FIELDS.isdisjoint(vals):
            # sudo: who keeps the books need not read every payment.
            self.sudo().payment_id._clinic_check_may_leave()
        return super().write(vals)

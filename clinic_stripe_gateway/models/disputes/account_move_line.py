from odoo import api, models
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    """Money that a bank may take back is not held for other invoices."""

    _inherit = "account.move.line"

    @api.model
    def _clinic_get_held_condition(self):
        fields = self.env["clinic.stripe.dispute"]._fields
        return SQL(
            """%s AND NOT EXISTS (SELECT FROM clinic_stripe_dispute dispute
                                   WHERE dispute.payment_id = payment.id
                                     AND dispute.is_held)""",
            super()._clinic_get_held_condition(),
            to_flush=(fields["payment_id"], fields["is_held"]),
        )

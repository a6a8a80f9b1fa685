from odoo import api, models
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    """Deposits stay with their visits: they are not held for other invoices."""

    _inherit = "account.move.line"

    @api.model
    def _clinic_get_held_condition(self):
        field = self.env["account.payment"]._fields["clinic_deposit_event_id"]
        return SQL(
            "%s AND payment.clinic_deposit_event_id IS NULL",
            super()._clinic_get_held_condition(),
            to_flush=field,
        )

from odoo import api, fields, models


class AccountPaymentRegister(models.TransientModel):
    """Charge a saved card for what is owed, once."""

    _inherit = "account.payment.register"

    clinic_clearing_names = fields.Char(
        compute="_compute_clinic_clearing_names",
        help="The invoices that money is on its way for already.",
    )

    @api.depends("line_ids")
    def _compute_clinic_clearing_names(self):
        for wizard in self:
            clearing = wizard.line_ids.move_id.filtered("clinic_is_clearing")
            wizard.clinic_clearing_names = ", ".join(clearing.mapped("name"))

    def _create_payments(self):
        if self.payment_token_id:
            # sudo: billers do not read every transaction of the invoices.
            invoices = self.sudo().line_ids.move_id
            invoices._clinic_start_charge(self.amount, self.currency_id)
        return super()._create_payments()

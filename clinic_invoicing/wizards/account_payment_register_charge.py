from odoo import models


class AccountPaymentRegister(models.TransientModel):
    """Charge a saved card for what is owed, once."""

    _inherit = "account.payment.register"

    def _create_payments(self):
        if self.payment_token_id:
            # sudo: billers do not read every transaction of the invoices.
            invoices = self.sudo().line_ids.move_id
            invoices._clinic_start_charge(self.amount, self.currency_id)
        return super()._create_payments()

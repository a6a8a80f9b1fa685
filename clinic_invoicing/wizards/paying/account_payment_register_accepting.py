from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    """Staff are offered the saved cards that can be charged, the best one first."""

    _inherit = "account.payment.register"

    @api.depends("payment_method_line_id")
    def _compute_suitable_payment_token_ids(self):
        result = super()._compute_suitable_payment_token_ids()
        for wizard in self:
            cards = wizard.suitable_payment_token_ids
            wizard.suitable_payment_token_ids = cards._clinic_get_offered()
        return result

from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    """The dialog in which staff find the payer's default card chosen."""

    _inherit = "account.payment.register"

    @api.depends("can_edit_wizard", "suitable_payment_token_ids", "journal_id")
    def _compute_payment_token_id(self):
        chosen = {wizard: wizard.payment_token_id for wizard in self}
        result = super()._compute_payment_token_id()
        for wizard in self:
            if wizard.payment_token_id and wizard.payment_token_id != chosen[wizard]:
                wizard.payment_token_id = (
                    wizard.suitable_payment_token_ids._clinic_get_preselected()
                )
        return result

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _clinic_check_offered(self, payer, amount, provider_id, token_id):
        """Say why a card of one's own is refused; of others' nothing is said."""
        # sudo: payers do not read their cards.
        token = self.env["payment.token"].sudo().browse(token_id).exists()
        if token.partner_id == payer:
            token._clinic_check_accepted()
        return super()._clinic_check_offered(payer, amount, provider_id, token_id)

from odoo import api, models


class AccountPayment(models.Model):
    """Payments for which staff find the payer's default card chosen."""

    _inherit = "account.payment"

    @api.onchange("partner_id", "payment_method_line_id", "journal_id")
    def _onchange_set_payment_token_id(self):
        result = super()._onchange_set_payment_token_id()
        if self.payment_token_id:
            # sudo: as Core does; it is one of the payer's own cards.
            tokens = self.env["payment.token"].sudo()
            self.payment_token_id = tokens._clinic_get_defaults(
                self.partner_id, self.payment_token_id.provider_id
            )
        return result

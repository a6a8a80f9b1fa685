from odoo import api, models


class AccountPayment(models.Model):
    """Staff are offered the payer's default card, and none that cannot be charged."""

    _inherit = "account.payment"

    @api.depends("payment_method_line_id")
    def _compute_suitable_payment_token_ids(self):
        result = super()._compute_suitable_payment_token_ids()
        for payment in self:
            payment.suitable_payment_token_ids = (
                payment.suitable_payment_token_ids._clinic_get_offered()
            )
        return result

    @api.onchange("partner_id", "payment_method_line_id", "journal_id")
    def _onchange_set_payment_token_id(self):
        result = super()._onchange_set_payment_token_id()
        if self.payment_token_id:
            # sudo: as stock does; it is one of the payer's own cards.
            tokens = self.env["payment.token"].sudo()
            self.payment_token_id = tokens._clinic_get_defaults(
                self.partner_id, self.payment_token_id.provider_id
            )
        return result

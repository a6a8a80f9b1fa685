from odoo import api, models


class AccountPayment(models.Model):
    """Staff are offered the saved cards that can be charged, the best one first."""

    _inherit = "account.payment"

    @api.depends("payment_method_line_id")
    def _compute_suitable_payment_token_ids(self):
        result = super()._compute_suitable_payment_token_ids()
        for payment in self:
            cards = payment.suitable_payment_token_ids
            payment.suitable_payment_token_ids = cards._clinic_get_offered()
        return result

    def action_post(self):
        """Say why a card is refused; a charge that fails only cancels the payment."""
        for payment in self.filtered("payment_token_id"):
            if not payment.payment_transaction_id:
                payment.payment_token_id._clinic_check_accepted()
        return super().action_post()

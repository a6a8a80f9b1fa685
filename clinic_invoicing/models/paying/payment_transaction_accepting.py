from odoo import models


class PaymentTransaction(models.Model):
    """No card is charged that the practice does not accept."""

    _inherit = "payment.transaction"

    def _charge_with_token(self):
        """Refuse it before the provider is asked, whoever has chosen it."""
        if not self.token_id._clinic_is_accepted():
            self._set_error(self.token_id._clinic_get_refusal())
            return None
        return super()._charge_with_token()

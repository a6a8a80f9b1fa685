from odoo import models
from odoo.exceptions import ValidationError

# No money is moved by these, and none will be without the payer.
UNMOVED = ("canceled", "failed", "requires_payment_method")
# Stripe's code for what this account and mode have never had.
MISSING = "resource_missing"


class PaymentTransaction(models.Model):
    """What Stripe itself says, before the books forget what it was believed to do."""

    _inherit = "payment.transaction"

    def _clinic_stripe_has_moved_money(self):
        """Whether Stripe has moved this money, or may do so yet.

        :raise ValidationError: it does not answer
        """
        self.ensure_one()
        kind = "refunds" if self.operation == "refund" else "payment_intents"
        try:
            told = self._send_api_request("GET", f"{kind}/{self.provider_reference}")
        except ValidationError as error:
            if getattr(error.__cause__, "code", "") != MISSING:
                raise
            return False
        return told["status"] not in UNMOVED

from odoo import models

from odoo.addons.clinic_invoicing.server_side import tell

from .payment_provider import ABOUT


class PaymentTransaction(models.Model):
    """What is sent for a transaction is about its payer."""

    _inherit = "payment.transaction"

    def _send_api_request(self, method, endpoint, **kwargs):
        if self.provider_code != "stripe":
            return super()._send_api_request(method, endpoint, **kwargs)
        # context: Core does not tell its provider whom a request is about.
        about = self.with_context(**tell(**{ABOUT: self.partner_id.id}))
        return super(PaymentTransaction, about)._send_api_request(
            method, endpoint, **kwargs
        )

from odoo import models

from odoo.addons.clinic_invoicing.server_side import tell

from .payment_provider import ABOUT


class PaymentTransaction(models.Model):
    """Payments whose requests are about their payer."""

    _inherit = "payment.transaction"

    def _clinic_stripe_about_payer(self):
        about = super()._clinic_stripe_about_payer()
        # context: Core does not tell its provider whom a request is about.
        return about.with_context(**tell(**{ABOUT: self.partner_id.id}))

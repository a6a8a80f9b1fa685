from odoo import models


class ClinicStripeCustomer(models.Model):
    """What is sent to make a customer is about the payer."""

    _inherit = "clinic.stripe.customer"

    def _create_at_stripe(self, provider, partner, *args, **kwargs):
        about = provider._clinic_stripe_about(partner)
        return super()._create_at_stripe(about, partner, *args, **kwargs)

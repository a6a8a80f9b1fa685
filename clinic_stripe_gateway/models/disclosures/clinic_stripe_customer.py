from odoo import models


class ClinicStripeCustomer(models.Model):
    """Customers that are made by a request about their payer."""

    _inherit = "clinic.stripe.customer"

    def _create_at_stripe(self, provider, partner, *args, **kwargs):
        about = provider._clinic_stripe_about(partner)
        return super()._create_at_stripe(about, partner, *args, **kwargs)

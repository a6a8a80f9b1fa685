from odoo import api, models


class PaymentProvider(models.Model):
    """The gateway that a practice prefers comes first; nothing is hidden."""

    _name = "payment.provider"
    _inherit = ["payment.provider", "clinic.guarded"]

    @api.model
    def _get_compatible_providers(self, company_id, *args, **kwargs):
        providers = super()._get_compatible_providers(company_id, *args, **kwargs)
        return providers._clinic_put_default_first()

    def _clinic_put_default_first(self):
        """Return these providers, those that their practice prefers first."""
        return self.sorted(lambda provider: not provider._clinic_is_default())

    def _clinic_get_accepted_brands(self):
        """Return the card brands that its practice accepts; none stands for all."""
        self.ensure_one()
        # sudo: payers read neither companies nor providers.
        return self.sudo().company_id.clinic_accepted_brand_ids

    def _clinic_is_default(self):
        """Whether the practice has chosen it as its gateway."""
        self.ensure_one()
        # sudo: payers read neither companies nor providers.
        provider = self.sudo()
        return provider.company_id.clinic_gateway_id == provider

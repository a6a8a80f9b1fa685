from odoo import api, models
from odoo.exceptions import ValidationError

from ...server_side import tell


class PaymentMethod(models.Model):
    """What a practice prefers and accepts, as its clients see it."""

    _inherit = "payment.method"

    def write(self, vals):
        """Put the cards of a method that is turned off aside, as a provider's are."""
        # context: tells the cards that they are not being removed.
        aside = self.with_context(**tell(clinic_put_aside=True))
        result = super(PaymentMethod, aside).write(vals)
        if vals.get("active"):
            cards = self.env["payment.token"]._clinic_get_aside(self.provider_ids)
            methods = self | self.brand_ids
            cards.filtered(
                lambda card: card.payment_method_id in methods
            )._clinic_bring_back()
        return result

    @api.model
    def _get_compatible_payment_methods(self, provider_ids, *args, **kwargs):
        """Offer the methods of the practice's own gateway first."""
        methods = super()._get_compatible_payment_methods(provider_ids, *args, **kwargs)
        # sudo: payers do not read which providers have which method.
        providers = self.env["payment.provider"].sudo().browse(provider_ids)
        first = providers.filtered(lambda provider: provider._clinic_is_default())
        # sudo: see above.
        return methods.sorted(lambda method: not method.sudo().provider_ids & first)

    @api.model
    def _clinic_check_offered(self, method_id, provider_id, payer_id, currency_id):
        """Raise unless the payment form of this provider offers this method.

        Core's routes take any, one that the practice has switched off as well.
        """
        methods = self._get_compatible_payment_methods(
            [provider_id], payer_id, currency_id=currency_id
        )
        if method_id not in methods.ids:
            raise ValidationError(
                self.env._("This way to pay is not available. Please reload the page.")
            )

    def _clinic_get_shown_brands(self, provider):
        """Return what the form shows the logos of: brands, or the method itself."""
        self.ensure_one()
        accepted = provider._clinic_get_accepted_brands()
        shown = self.brand_ids & accepted if self._clinic_is_card() else self.browse()
        return shown or self.brand_ids or self

    def _clinic_get_accepted_names(self, provider):
        """Return the brands to name beside the card form; nothing if all are taken."""
        self.ensure_one()
        accepted = provider._clinic_get_accepted_brands()
        return ", ".join(accepted.mapped("name")) if self._clinic_is_card() else ""

    def _clinic_is_card(self):
        """Whether it is the method for cards, or the brand of one."""
        self.ensure_one()
        return (self.primary_payment_method_id or self).code == "card"

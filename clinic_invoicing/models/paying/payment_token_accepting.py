from odoo import api, models
from odoo.exceptions import UserError


class PaymentToken(models.Model):
    """Cards of the brands that a practice accepts, by its own gateway first."""

    _inherit = "payment.token"

    @api.model
    def _get_available_tokens(
        self, providers_ids, partner_id, is_validation=False, **kwargs
    ):
        """Offer what is accepted; where clients manage their cards they see all."""
        tokens = super()._get_available_tokens(
            providers_ids, partner_id, is_validation=is_validation, **kwargs
        )
        if is_validation:
            return tokens
        return tokens._clinic_get_offered()

    def _clinic_get_offered(self):
        """Return the cards that can be charged, the one to offer first at the top.

        A hook for providers that know which cannot be.
        """
        return self._clinic_get_accepted()._clinic_sort_offered()

    def _clinic_sort_offered(self):
        """Return these cards in the order in which they are offered."""
        # sudo: payers read neither gateways nor all that is known of a card.
        cards = self.sudo().sorted(lambda card: card._clinic_get_rank())
        return cards.with_env(self.env)

    def _clinic_get_rank(self):
        """Return what cards are sorted by, the practice's own gateway first.

        A hook for providers. What is equal keeps stock's order, newest first.

        :rtype: tuple
        """
        self.ensure_one()
        return (not self.provider_id._clinic_is_default(),)

    def _clinic_get_accepted(self):
        """Return those that the practice accepts."""
        return self.filtered(lambda token: token._clinic_is_accepted())

    def _clinic_is_accepted(self):
        """Whether it is no card, or one of a brand that the practice accepts.

        A card of which nobody knows the brand is none of those that were chosen.
        """
        self.ensure_one()
        # sudo: payers read neither providers nor which method a card is of.
        token = self.sudo()
        accepted = token.provider_id._clinic_get_accepted_brands()
        if not accepted or not token.payment_method_id._clinic_is_card():
            return True
        return bool(token._clinic_get_brand() & accepted)

    def _clinic_get_brand(self):
        """Return the brand of a card, none if nobody knows it: a hook for providers."""
        self.ensure_one()
        method = self.payment_method_id
        return method if method.primary_payment_method_id else method.browse()

    def _clinic_check_accepted(self):
        """Raise UserError when the practice does not accept this card."""
        for token in self:
            if not token._clinic_is_accepted():
                raise UserError(token._clinic_get_refusal())

    def _clinic_get_refusal(self):
        self.ensure_one()
        # sudo: payers read neither providers nor companies.
        provider = self.sudo().provider_id
        brands = provider._clinic_get_accepted_brands()
        return self.env._(
            "%(practice)s does not accept this card, only %(brands)s. Please use "
            "another one.",
            practice=provider.company_id.name,
            brands=", ".join(brands.mapped("name")),
        )

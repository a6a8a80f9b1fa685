from odoo import api, models
from odoo.exceptions import UserError


class PaymentToken(models.Model):
    """Saved cards: which are accepted, how each is charged, what ends with it."""

    _name = "payment.token"
    _inherit = ["payment.token", "clinic.guarded"]
    # A branch charges the cards of the company that it belongs to, as its provider.
    _check_company_domain = models.check_company_domain_parent_of

    # === CRUD METHODS === #

    def unlink(self):
        self._clinic_stop_charging()
        return super().unlink()

    def _handle_archiving(self):
        result = super()._handle_archiving()
        self._clinic_stop_charging()
        return result

    def _clinic_stop_charging(self):
        """End what was to be charged to these cards, and tell who relies on it."""
        # sudo: who removes a card need not see what it was to pay.
        tokens = self.sudo()
        tokens.env["clinic.autopay"].search([("token_id", "in", tokens.ids)])._end(
            "card"
        )
        tokens.env["clinic.payment.plan"].search(
            [("token_id", "in", tokens.ids), ("state", "=", "active")]
        )._lose_card()

    # === WHICH ARE OFFERED === #

    @api.model
    def _get_available_tokens(
        self, providers_ids, partner_id, is_validation=False, **kwargs
    ):
        """Offer what is accepted; where clients manage their cards they see all.

        They see no card of somebody else: Core adds those of whom it calls commercial
        partner, an employer or a parent.
        """
        tokens = super()._get_available_tokens(
            providers_ids, partner_id, is_validation=is_validation, **kwargs
        )
        if is_validation:
            owner = self.env["res.partner"].browse(partner_id)
            return tokens.filtered(
                lambda card: card.partner_id in owner._clinic_get_managed_wallets()
            )
        return tokens._clinic_get_offered()

    def _clinic_get_offered(self):
        """Return the cards that can be charged, the one to offer first at the top.

        This is a hook for providers that know which cannot be.
        """
        return self._clinic_get_accepted()._clinic_sort_offered()

    def _clinic_sort_offered(self):
        """Return these cards in the order in which they are offered."""
        # sudo: payers read neither gateways nor all that is known of a card.
        cards = self.sudo().sorted(lambda card: card._clinic_get_rank())
        return cards.with_env(self.env)

    def _clinic_get_rank(self):
        """Return what cards are sorted by, the practice's own gateway first.

        This is a hook for providers. What is equal keeps Core's order, newest first.

        :rtype: tuple
        """
        self.ensure_one()
        return (not self.provider_id._clinic_is_default(),)

    # === WHICH ARE ACCEPTED === #

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

    def _clinic_check_chargeable(self):
        """Raise UserError when this card is not charged, whoever has chosen it.

        This is a hook for providers, before they are asked.
        """
        self._clinic_check_accepted()

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

    # === CHARGING === #

    def _clinic_get_charge_problem(self):
        """Return why this card cannot be charged by itself, ``False`` if it can.

        This is a hook for providers that know more of a card than that it is there.
        """
        self.ensure_one()
        # sudo: payers read no providers.
        provider = self.sudo().provider_id
        if not self.active or provider.state == "disabled":
            return self.env._("The card has been removed.")
        if provider.capture_manually:
            # Nobody would capture what the job has only reserved.
            return self.env._("The practice charges this card by hand only.")
        return False

    def _clinic_get_chargeable(self, amount, currency):
        """Return what can be charged at once to this card; without one it is all."""
        # sudo: payers read no providers.
        provider = self.sudo().provider_id
        return provider._clinic_get_chargeable(amount, currency) if self else amount

    def _clinic_choose(self, card_id):
        """Return the one of these cards that a client has chosen.

        :param str card_id: from a browser
        :raise UserError: it is none of these
        """
        card = self.filtered(lambda each: str(each.id) == card_id)
        if not card:
            raise UserError(self.env._("Please choose one of your saved cards."))
        return card

    def _clinic_prepare_charge(self, amount, currency, payer, prefix=None, **purpose):
        """Return the values of a transaction that charges this card.

        :param str prefix: of its reference; invoices give their own numbers
        :param purpose: what it pays, as values of the transaction
        """
        self.ensure_one()
        transactions = self.env["payment.transaction"]
        return {
            "clinic_discount_day": self.company_id._clinic_get_day(),
            **purpose,
            "provider_id": self.provider_id.id,
            "payment_method_id": self.payment_method_id.id,
            "token_id": self.id,
            "operation": "offline",
            "reference": transactions._compute_reference(
                self.provider_id.code, prefix=prefix, **purpose
            ),
            "amount": amount,
            "currency_id": currency.id,
            "partner_id": payer.id,
        }

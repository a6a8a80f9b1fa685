from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...server_side import heard


class PaymentToken(models.Model):
    """Saved cards: which are accepted, how each is charged, what ends with it."""

    _name = "payment.token"
    _inherit = ["payment.token", "clinic.guarded"]
    # A branch charges the cards of the company that it belongs to, as its provider.
    _check_company_domain = models.check_company_domain_parent_of

    clinic_aside_state = fields.Char(
        string="Put Aside In",
        readonly=True,
        copy=False,
        help="The state of its provider when that was turned off. It comes back when "
        "the provider is in this state again.",
    )
    clinic_is_barred = fields.Boolean(
        string="Not for Agreements",
        readonly=True,
        copy=False,
        help="Its bank has taken a charge back: neither autopay nor a payment plan "
        "begins with it until a biller allows it.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active"):
            # sudo: who brings a card back need not see what it is to pay.
            self.sudo()._clinic_resume_charging()
        return result

    def unlink(self):
        self._clinic_stop_charging()
        return super().unlink()

    def _handle_archiving(self):
        result = super()._handle_archiving()
        if heard(self.env, "clinic_put_aside"):
            self._clinic_put_aside()
        else:
            self._clinic_stop_charging()
        return result

    # === ACTION METHODS === #

    def action_clinic_allow_agreements(self):
        """Let their owners agree to charges of these again; billers only."""
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may allow a card again."))
        # sudo: cards are written by nobody; the rights were checked.
        self.sudo()._clinic_allow_agreements()

    # === WHAT THEY ARE TO PAY === #

    def _clinic_stop_charging(self):
        """End what was to be charged to these cards, and tell who relies on it."""
        # sudo: who removes a card need not see what it was to pay.
        autopay, plans = self.sudo()._clinic_get_agreements()
        autopay._end("card")
        plans._lose_card()

    def _clinic_resume_charging(self):
        """Go on with what waited for these cards, in sudo; they are not aside."""
        self.clinic_aside_state = False
        for agreements in self._clinic_get_agreements():
            agreements._resume_with_provider()
        self.env["clinic.scheduled.charge"]._wake_job()

    def _clinic_get_agreements(self):
        """Return the autopay agreements and the plans in force of these cards."""
        by_card = [("token_id", "in", self.ids)]
        plans = self.env["clinic.payment.plan"]
        return (
            self.env["clinic.autopay"].search(by_card),
            plans.search([*by_card, ("state", "=", "active")]),
        )

    # === A BANK HAS TAKEN A CHARGE BACK === #

    def _clinic_pause_for_dispute(self):
        """Charge these cards no more by themselves until a biller says so, in sudo."""
        cards = self._clinic_get_same()
        cards.clinic_is_barred = True
        for agreements in cards._clinic_get_agreements():
            agreements._pause_for_dispute()

    def _clinic_allow_agreements(self):
        """Let agreements begin with these again, in sudo; what is paused stays so."""
        self._clinic_get_same().clinic_is_barred = False

    def _clinic_get_barred(self):
        """Return those with which no agreement begins, in sudo.

        A card that was removed and saved again is the same one.
        """
        barred = self._clinic_get_same().filtered("clinic_is_barred")
        return self & barred._clinic_get_same()

    def _clinic_explain_barred(self):
        """Return why no agreement begins with this card."""
        self.ensure_one()
        return self.env._(
            "%(card)s cannot be chosen: its bank has taken a charge back. Please talk "
            "to the practice, or use another card.",
            card=self.display_name,
        )

    def _clinic_get_same(self):
        """Return these cards, whoever has saved them.

        This is a hook for providers that know the number of a card again.
        """
        return self

    # === PUT ASIDE WITH THEIR PROVIDER === #

    def _clinic_put_aside(self):
        """Mark cards that nobody has removed, and let what they are to pay wait."""
        # sudo: who turns a provider off need not see what its cards are to pay.
        cards = self.sudo()
        for state, same in cards.grouped(lambda card: card.provider_id.state).items():
            same.clinic_aside_state = state
        for agreements in cards._clinic_get_agreements():
            agreements._pause_for_provider()

    @api.model
    def _clinic_get_aside(self, providers):
        """Return the cards that were put aside in the state that these have now."""
        # sudo: cards are written by nobody. context: what is aside is archived.
        cards = self.sudo().with_context(active_test=False)
        return cards.search(
            [
                ("provider_id", "in", providers.ids),
                ("active", "=", False),
                ("clinic_aside_state", "!=", False),
            ]
        ).filtered(
            lambda card: card.clinic_aside_state == card.provider_id.state != "disabled"
        )

    def _clinic_judge_aside(self):
        """Return which of these can be charged again, and which never can.

        This is a hook for providers that know of which account a card is. The others
        stay aside: a method that is turned on brings its cards back.
        """
        return self.filtered("payment_method_id.active"), self.browse()

    def _clinic_bring_back(self):
        """Bring cards back that were put aside; what never can come back has ended."""
        can, never = self._clinic_judge_aside()
        can.active = True
        never.clinic_aside_state = False
        never._clinic_stop_charging()

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
        """Return the one of these cards with which a client wants to agree.

        :param str card_id: from a browser
        :raise UserError: it is none of these, or no agreement begins with it
        """
        card = self.filtered(lambda each: str(each.id) == card_id)
        if not card:
            raise UserError(self.env._("Please choose one of your saved cards."))
        if card._clinic_get_barred():
            raise UserError(card._clinic_explain_barred())
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

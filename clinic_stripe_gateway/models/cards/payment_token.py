from odoo import api, fields, models
from odoo.exceptions import AccessError

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
CODES = {name: code for code, name in BRANDS.items()}
BULLETS = "••••"


class PaymentToken(models.Model):
    """A saved card, as clients and staff know it: brand, last digits and expiry."""

    _inherit = "payment.token"

    clinic_brand = fields.Char(
        string="Brand", readonly=True, help="Of the card, or the name of the bank."
    )
    clinic_exp_month = fields.Integer(string="Expiry Month", readonly=True)
    clinic_exp_year = fields.Integer(string="Expiry Year", readonly=True)
    clinic_expiry = fields.Char(string="Expiry", compute="_compute_clinic_expiry")
    clinic_is_expired = fields.Boolean(
        string="Expired", compute="_compute_clinic_is_expired"
    )
    clinic_nickname = fields.Char(
        readonly=True,
        string="Nickname",
        help="How the client calls this card, e.g. Family card.",
    )
    clinic_preferred_on = fields.Datetime(
        readonly=True,
        copy=False,
        help="When it was last chosen as the default. The latest one wins, so that "
        "merged contacts keep all their cards and still have one default.",
    )
    clinic_is_default = fields.Boolean(
        string="Default",
        compute="_compute_clinic_is_default",
        help="Offered first. Each payer has one for each provider.",
    )
    clinic_fingerprint = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Stripe's identifier of the card's number; tells nothing about it.",
    )
    clinic_account_ref = fields.Char(
        string="Stripe Account",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The account and mode that know the card.",
    )
    clinic_consent_ids = fields.One2many(
        "clinic.card.consent",
        "token_id",
        string="Consents",
        readonly=True,
        groups="clinic_invoicing.group_biller",
    )
    clinic_consent_user_id = fields.Many2one(
        "res.users",
        string="Consent Given by",
        compute="_compute_clinic_consent",
        groups="clinic_invoicing.group_biller",
    )
    clinic_consent_date = fields.Datetime(
        string="Consent Given on",
        compute="_compute_clinic_consent",
        groups="clinic_invoicing.group_biller",
    )

    # The customer stands for the payer: contacts can be merged without a conflict.
    _clinic_saved_once = models.UniqueIndex(
        "(provider_id, clinic_account_ref, provider_ref, clinic_fingerprint) "
        "WHERE clinic_fingerprint IS NOT NULL",
        "This card is saved already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("clinic_exp_month", "clinic_exp_year")
    def _compute_clinic_expiry(self):
        for token in self:
            token.clinic_expiry = token.clinic_exp_year and (
                f"{token.clinic_exp_month:02d}/{token.clinic_exp_year % 100:02d}"
            )

    @api.depends("clinic_exp_month", "clinic_exp_year")
    def _compute_clinic_is_expired(self):
        for token in self:
            today = token.company_id._clinic_get_day()
            expiry = (token.clinic_exp_year, token.clinic_exp_month)
            token.clinic_is_expired = any(expiry) and (
                expiry < (today.year, today.month)
            )

    @api.depends(
        "clinic_brand",
        "clinic_exp_month",
        "clinic_exp_year",
        "clinic_nickname",
        "payment_details",
    )
    def _compute_display_name(self):
        return super()._compute_display_name()

    def _build_display_name(self, *args, max_length=34, **kwargs):
        """Name a card as its owner does: Visa •••• 4242, 04/30 (Family card).

        What does not fit is left out, the least telling first.
        """
        self.ensure_one()
        if not (self.create_date and self.clinic_brand and self.payment_details):
            return super()._build_display_name(*args, max_length=max_length, **kwargs)
        card = f"{self.clinic_brand} {BULLETS} {self.payment_details}"
        dated = f"{card}, {self.clinic_expiry}" if self.clinic_expiry else card
        named = f"{dated} ({self.clinic_nickname})" if self.clinic_nickname else dated
        # A nickname tells two cards apart: it may take more room than Core's names.
        if len(dated) <= max_length:
            return named
        return card if len(card) <= max_length else card[-max_length:]

    @api.depends("clinic_consent_ids")
    def _compute_clinic_consent(self):
        for token in self:
            latest = token.clinic_consent_ids[:1]
            token.clinic_consent_user_id = latest.user_id
            token.clinic_consent_date = latest.create_date

    @api.depends(
        "partner_id.payment_token_ids.active",
        "partner_id.payment_token_ids.clinic_exp_month",
        "partner_id.payment_token_ids.clinic_exp_year",
        "partner_id.payment_token_ids.clinic_preferred_on",
        "provider_id.clinic_stripe_account_ref",
    )
    def _compute_clinic_is_default(self):
        defaults = self._clinic_get_defaults(self.partner_id, self.provider_id)
        for token in self:
            token.clinic_is_default = token in defaults

    @api.model
    def _clinic_get_defaults(self, partners, providers):
        """Return the one card of each payer and provider that is offered first."""
        # sudo: which of a payer's cards is the default does not depend on who asks.
        cards = self.sudo().search(
            [
                ("partner_id", "in", partners.ids),
                ("provider_id", "in", providers.ids),
            ]
        )
        groups = cards.grouped(lambda card: (card.partner_id, card.provider_id))
        return (
            self.browse()
            .union(*(each._clinic_get_preselected() for each in groups.values()))
            .with_env(self.env)
        )

    # === ACTION METHODS === #

    def action_clinic_make_default(self):
        """Offer this card first from now on."""
        self._clinic_check_may_manage()
        # sudo: tokens are written by administrators only; the rights were checked.
        self.sudo().clinic_preferred_on = fields.Datetime.now()

    def action_clinic_rename(self):
        """Ask for a nickname."""
        self.ensure_one()
        self._clinic_check_may_manage()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Name this card"),
            "res_model": "clinic.card.rename",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_token_id": self.id,
                "default_nickname": self.clinic_nickname,
            },
        }

    def _clinic_set_nickname(self, nickname):
        self._clinic_check_may_manage()
        # sudo: tokens are written by administrators only; the rights were checked.
        self.sudo().clinic_nickname = (nickname or "").strip() or False

    def _clinic_check_may_manage(self):
        """Let billers keep the cards that they may see, and nobody else.

        :raise AccessError: also for a card of a company that is not theirs
        """
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may change saved cards."))

    # === THE SAME CARD === #

    def _clinic_get_same(self):
        """Find the same number as well where somebody else has saved it."""
        cards = super()._clinic_get_same()
        numbers = [number for number in cards.mapped("clinic_fingerprint") if number]
        # context: a card that was charged may have been removed since.
        return cards | cards.with_context(active_test=False).search(
            [
                ("provider_id", "in", cards.provider_id.ids),
                ("clinic_fingerprint", "in", numbers),
            ]
        )

    # === BRAND === #

    def _clinic_get_brand(self):
        """Know the brands that are switched off in Odoo as well."""
        brand = super()._clinic_get_brand()
        code = CODES.get(self.clinic_brand)
        if brand or not code:
            return brand
        # context: the practice has not switched it on.
        methods = self.env["payment.method"].with_context(active_test=False)
        return methods.search(
            [("code", "=", code), ("is_primary", "=", False)], limit=1
        )

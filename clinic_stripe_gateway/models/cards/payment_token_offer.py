from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

WARN_DAYS = 30
CARDS_PER_RUN = 1000


class PaymentToken(models.Model):
    """Cards in the order in which they are offered, and those that expire soon."""

    _inherit = "payment.token"

    clinic_warned_on = fields.Date(
        readonly=True,
        copy=False,
        help="When the billers were told that the card is about to expire.",
    )

    # === OFFERING === #

    def _get_available_tokens(
        self, providers_ids, partner_id, is_validation=False, **kwargs
    ):
        """Offer the default first, and nothing that this account cannot charge."""
        cards = super()._get_available_tokens(
            providers_ids, partner_id, is_validation=is_validation, **kwargs
        )
        if is_validation:
            return cards
        # sudo: payers do not read which account a key is of.
        for provider in cards.sudo().filtered("clinic_account_ref").provider_id:
            provider._clinic_stripe_try_account_ref()
        return cards._clinic_get_offered()

    def _clinic_get_offered(self):
        """Leave out what the keys of today cannot charge."""
        # sudo: payers do not read which account a key or a card is of.
        cards = self.sudo().filtered(
            lambda card: card._clinic_is_of_account(
                card.provider_id.clinic_stripe_account_ref
            )
        )
        return super(PaymentToken, cards.with_env(self.env))._clinic_get_offered()

    def _clinic_get_rank(self):
        """Put what has expired last, and the client's default first of its gateway."""
        chosen = self.clinic_preferred_on
        latest_first = -chosen.timestamp() if chosen else 0
        return (self.clinic_is_expired, *super()._clinic_get_rank(), latest_first)

    def _clinic_get_preselected(self):
        """Return the card to choose when nobody has chosen, empty if all expired."""
        return self._clinic_get_offered()[:1].filtered(
            lambda card: not card.clinic_is_expired
        )

    def _clinic_is_of_account(self, account_ref):
        """Whether this account knows the card, as far as anybody knows."""
        self.ensure_one()
        known = account_ref and self.clinic_account_ref
        return not known or self.clinic_account_ref == account_ref

    def _clinic_check_chargeable(self):
        result = super()._clinic_check_chargeable()
        for card in self.filtered(lambda card: card.provider_code == "stripe"):
            card._clinic_check_account()
        return result

    def _clinic_check_account(self):
        """Refuse a card of another account before Stripe is asked.

        :raise ValidationError: with what the payer can do about it
        """
        self.ensure_one()
        # sudo: payers do not read which account a key or a card is of.
        card = self.sudo()
        if card.clinic_account_ref and not card._clinic_is_of_account(
            card.provider_id._clinic_stripe_get_account_ref()
        ):
            raise ValidationError(
                self.env._(
                    "This card was saved with another Stripe account of the practice. "
                    "Please enter it anew, or choose another one."
                )
            )

    # === EXPIRY === #

    @api.model
    def _clinic_get_expiring_domain(self):
        """Return the domain of the cards whose last day is within the next month."""
        today = fields.Date.context_today(self)
        last = today + timedelta(days=WARN_DAYS)
        # A card is good until the last day of its month.
        months = {
            (day.year, day.month)
            for day in (today, fields.Date.add(today, months=1))
            if fields.Date.end_of(day, "month") <= last
        }
        return Domain.OR(
            Domain("clinic_exp_year", "=", year)
            & Domain("clinic_exp_month", "=", month)
            for year, month in months
        )

    def _clinic_expires_soon(self):
        return bool(self.filtered_domain(self._clinic_get_expiring_domain()))

    @api.model
    def _cron_warn_of_expiry(self):
        """Tell the billers once of each card that is about to expire."""
        cards = self.search(
            self._clinic_get_expiring_domain()
            & Domain("clinic_warned_on", "=", False)
            & Domain("provider_id.state", "!=", "disabled"),
            limit=CARDS_PER_RUN,
        )
        activities = []
        for company, of_company in cards.grouped("company_id").items():
            biller = company._clinic_get_biller() or self.env.user
            activities += [card._prepare_expiry_activity(biller) for card in of_company]
        # context: no mail for each of them; the billers see them in Odoo.
        quietly = {"mail_activity_quick_update": True}
        self.env["mail.activity"].with_context(**quietly).create(activities)
        cards.clinic_warned_on = fields.Date.context_today(self)
        if len(cards) == CARDS_PER_RUN:
            self.env.ref("clinic_stripe_gateway.ir_cron_warn_of_expiry")._trigger()

    def _prepare_expiry_activity(self, biller):
        self.ensure_one()
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.partner_id.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "date_deadline": self.company_id._clinic_get_day(),
            "summary": self.env._("A saved card is about to expire"),
            "note": self.env._(
                "%(card)s can be charged until %(expiry)s. Ask the client to save the "
                "new one.",
                card=self.display_name,
                expiry=self.clinic_expiry,
            ),
            "user_id": biller.id,
        }

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import ormcache

from odoo.addons.payment import utils as payment_utils

from ...rules.limits import Limits
from ...rules.smallest_units import to_smallest_unit
from ...server_side import tell

# On these depends who charges how much at once.
LIMITING_FIELDS = {
    "available_currency_ids",
    "code",
    "company_id",
    "is_published",
    "maximum_amount",
    "state",
}


class PaymentProvider(models.Model):
    """Providers: which comes first, what each charges at once, what keeps its cards."""

    _name = "payment.provider"
    _inherit = ["payment.provider", "clinic.guarded"]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        providers = super().create(vals_list)
        self._clinic_forget_leasts()
        return providers

    def write(self, vals):
        """Bring cards back with their provider."""
        result = super().write(vals)
        if LIMITING_FIELDS & vals.keys():
            self._clinic_forget_leasts()
        if "state" in vals:
            self.env["payment.token"]._clinic_get_aside(self)._clinic_bring_back()
        return result

    def unlink(self):
        result = super().unlink()
        self._clinic_forget_leasts()
        return result

    # === TURNED OFF AND ON === #

    def _archive_linked_tokens(self):
        """Put cards aside: nobody has asked for their removal.

        A provider that is turned off may be turned on again, and one mode's keys must
        not be used for the cards of the other.
        """
        # context: tells the cards that they are not being removed.
        aside = self.with_context(**tell(clinic_put_aside=True))
        return super(PaymentProvider, aside)._archive_linked_tokens()

    # === WHICH ARE OFFERED === #

    @api.model
    def _get_compatible_providers(
        self, company_id, partner_id, amount, *args, report=None, **kwargs
    ):
        """Leave out who does not charge so much, or so little; put the default first.

        Core knows the most that each charges, and no least.
        """
        providers = super()._get_compatible_providers(
            company_id, partner_id, amount, *args, report=report, **kwargs
        )
        currency = self.env["res.currency"].browse(kwargs.get("currency_id"))
        if amount and currency and not kwargs.get("is_validation"):
            units = to_smallest_unit(amount, currency.rounding)
            takers = providers.filtered(
                lambda provider: provider._clinic_get_limits(currency).takes(units)
            )
            payment_utils.add_to_report(
                report,
                providers - takers,
                available=False,
                reason=self.env._("It does not charge so much, or so little."),
            )
            providers = takers
        company = self.env["res.company"].browse(company_id)
        return providers._clinic_put_default_first(company)

    def _clinic_put_default_first(self, company):
        """Return these providers, the one that the practice prefers first."""
        chosen = company and company._clinic_get_default_gateway()
        return self.sorted(lambda provider: provider.id != chosen.id)

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

    # === HOW MUCH THEY CHARGE === #

    def _clinic_get_limits(self, currency):
        """Return how much it charges at once: a hook for what providers refuse.

        :rtype: Limits
        """
        self.ensure_one()
        # sudo: payers do not read providers.
        provider = self.sudo()
        if not provider.maximum_amount:
            return Limits()
        company = provider.company_id
        most = company.currency_id._convert(provider.maximum_amount, currency, company)
        return Limits(most=to_smallest_unit(most, currency.rounding))

    def _clinic_get_chargeable(self, amount, currency):
        """Return what can be charged at once of an amount, by the best of these."""
        limits = (provider._clinic_get_limits(currency) for provider in self)
        return get_most(limits, amount, currency)

    @api.model
    def _clinic_forget_leasts(self):
        """Forget what providers charge at least, once one of them has changed.

        Not before: what Core reads meanwhile would be remembered.
        """
        self.env.registry.clear_cache("stable")

    @api.model
    @ormcache(cache="stable")
    def _clinic_get_leasts(self):
        """Return what all providers of a practice refuse as too little.

        It is read on each page of the portal.

        :return: ids of a company and a currency, and the least that is charged
        :rtype: tuple[tuple]
        """
        # sudo: the fact is for everybody.
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        currencies = self.env["res.currency"].search([("active", "=", True)])
        return tuple(
            (company.id, currency.id, least * currency.rounding)
            for company in companies
            for currency in currencies
            if (least := self._clinic_get_least(company, currency)) > 1
        )

    @api.model
    def _clinic_get_leasts_by_currency(self):
        """Return them by the ids of a company and a currency.

        :rtype: dict[tuple, float]
        """
        return {tuple(key): least for *key, least in self._clinic_get_leasts()}

    @api.model
    def _clinic_get_least(self, company, currency):
        """Return the least that is charged online, in the smallest unit."""
        limits = self._clinic_get_limits_of(company.id, currency.id)
        return min((each.least for each in limits), default=1)

    @api.model
    @ormcache("company_id", "currency_id", cache="stable")
    def _clinic_get_limits_of(self, company_id, currency_id):
        """Return the limits of each published provider of a practice.

        Read on each start of a payment. What follows from a rate of exchange may be of
        the day before: Core looks at it again.

        :rtype: tuple[Limits]
        """
        # sudo: the fact is for everybody.
        providers = self.sudo().search(
            Domain(self._check_company_domain(company_id))
            & Domain("state", "in", ("enabled", "test"))
            & Domain("is_published", "=", True)
            & Domain("available_currency_ids", "in", [currency_id, False])
        )
        currency = self.env["res.currency"].browse(currency_id)
        return tuple(provider._clinic_get_limits(currency) for provider in providers)


def get_most(limits, amount, currency):
    """Return the most that one of these charges at once of an amount."""
    units = to_smallest_unit(amount, currency.rounding)
    most = max((each.fit(units) for each in limits), default=0)
    return currency.round(most * currency.rounding)

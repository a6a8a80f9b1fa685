from odoo import models
from odoo.tools import float_round

from odoo.addons.clinic_invoicing.rules.limits import Limits
from odoo.addons.clinic_invoicing.rules.smallest_units import to_smallest_unit
from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import const as stripe_const

# In the smallest unit, see https://docs.stripe.com/currencies: "Minimum and maximum
# charge amounts".
MINIMUM_CHARGES = {
    "AED": 200,
    "AUD": 50,
    "BGN": 100,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "USD": 50,
}
# Eight digits; more is agreed with Stripe one by one.
MAXIMUM_CHARGE = 99_999_999
# Stripe takes amounts with three decimals only if the last one is a zero.
DECIMALS_THAT_STRIPE_CHARGES = 2


class ResCurrency(models.Model):
    """Amounts as Stripe writes them: whole numbers of a currency's smallest unit."""

    _inherit = "res.currency"

    def _clinic_stripe_to_minor(self, amount):
        self.ensure_one()
        decimals = stripe_const.CURRENCY_DECIMALS.get(self.name)
        return payment_utils.to_minor_currency_units(
            amount, self, arbitrary_decimal_number=decimals
        )

    def _clinic_stripe_to_major(self, minor):
        self.ensure_one()
        decimals = stripe_const.CURRENCY_DECIMALS.get(self.name)
        return payment_utils.to_major_currency_units(
            minor, self, arbitrary_decimal_number=decimals
        )

    def _clinic_stripe_get_limits(self):
        """Return how much Stripe charges at once, in the smallest unit.

        What it settles in decides the least. Nobody tells that, and it is mostly the
        currency itself.

        :rtype: Limits
        """
        self.ensure_one()
        least = MINIMUM_CHARGES.get(self.name, 1)
        step = max(1, round(self._clinic_stripe_get_step() / self.rounding))
        return Limits(
            least=max(step, self._clinic_stripe_to_units(least, "UP")),
            most=self._clinic_stripe_to_units(MAXIMUM_CHARGE, "DOWN"),
            step=step,
        )

    def _clinic_stripe_to_units(self, minor, rounding_method):
        """Return what Stripe writes in the smallest units that Odoo knows."""
        major = float_round(
            self._clinic_stripe_to_major(minor),
            precision_rounding=self.rounding,
            rounding_method=rounding_method,
        )
        return to_smallest_unit(major, self.rounding)

    def _clinic_stripe_get_step(self):
        """Return the last decimal that Stripe charges."""
        decimals = stripe_const.CURRENCY_DECIMALS.get(self.name, self.decimal_places)
        return 10 ** -min(decimals, DECIMALS_THAT_STRIPE_CHARGES)

    def _clinic_stripe_get_chargeable(self, amount):
        """Return the part of ``amount`` that Stripe can charge, never more.

        Dinars have three decimals, and Stripe charges two of them.
        """
        self.ensure_one()
        if self.decimal_places <= DECIMALS_THAT_STRIPE_CHARGES:
            return amount
        return float_round(
            amount,
            precision_digits=DECIMALS_THAT_STRIPE_CHARGES,
            rounding_method="DOWN",
        )

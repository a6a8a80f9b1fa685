from odoo import models
from odoo.tools import float_round

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import const as stripe_const

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

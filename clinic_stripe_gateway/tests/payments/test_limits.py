from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.clinic_invoicing.rules.limits import Limits

from ..common import StripeGatewayCommon


@tagged("post_install", "-at_install")
class TestStripeLimits(StripeGatewayCommon):
    """What Stripe refuses as too little or too much is never asked of it."""

    def _get_currency(self, name):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        return currency

    def test_each_currency_has_its_own(self):
        for name, limits in (
            ("USD", Limits(least=50, most=99_999_999)),
            ("HUF", Limits(least=17_500, most=99_999_999)),
            ("JPY", Limits(least=50, most=99_999_999)),
            ("ISK", Limits(least=1, most=999_999)),
            ("OMR", Limits(least=10, most=99_999_999, step=10)),
        ):
            currency = self._get_currency(name)
            with self.subTest(name):
                self.assertEqual(self.provider._clinic_get_limits(currency), limits)

    def test_the_maximum_of_the_practice_counts_as_well(self):
        self.provider.maximum_amount = 500
        dollar = self.practice.currency_id
        self.assertEqual(self.provider._clinic_get_limits(dollar).most, 50_000)

    def test_a_rest_of_some_cents_is_not_asked_for(self):
        invoice = self._bill(100.3)
        self._pay(invoice, 100)
        self.env.flush_all()
        self.assertFalse(self.client_user._clinic_get_unpaid_count())
        self.assertIn("So little", invoice.sudo()._clinic_get_payment_obstacle())
        providers = self.env["payment.provider"].sudo()
        for amount, is_offered in ((0.3, False), (0.5, True), (1_000_000, False)):
            found = providers._get_compatible_providers(
                self.practice.id,
                self.client.id,
                amount,
                currency_id=self.practice.currency_id.id,
            )
            self.assertEqual(self.provider in found, is_offered, amount)

    def test_nothing_of_nothing_is_ever_started(self):
        dinar = self._get_currency("KWD")
        with self.assertRaisesRegex(ValidationError, "So little"):
            self._create_transaction(
                amount=0.004, currency_id=dinar.id, partner_id=self.client.id
            )

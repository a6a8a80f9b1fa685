from lxml import html

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.payment import utils as payment_utils

from ..common import ClinicInvoicingCommon

CHOSEN = "//input[@name='o_payment_radio'][@checked]"


@tagged("post_install", "-at_install")
class TestWaysToPay(ClinicInvoicingCommon, AccountPaymentCommon, HttpCase):
    """The gateway that a practice prefers, and the cards that it accepts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.env.flush_all()

    # === THE PRACTICE'S OWN GATEWAY === #

    def _get_offered(self):
        return self.env["payment.provider"]._get_compatible_providers(
            self.practice.id, self.client.id, 100, self.practice.currency_id.id
        )

    def test_the_default_gateway_comes_first_and_hides_nothing(self):
        other = self.provider.copy({"name": "Zebra", "sequence": 999})
        other.write({"state": "test", "is_published": True})
        before = self._get_offered()
        self.assertLessEqual(self.provider | other, before)
        for gateway in (other, self.provider):
            self.practice.clinic_gateway_id = gateway
            offered = self._get_offered()
            self.assertEqual(offered[0], gateway)
            self.assertEqual(offered, before, "nothing is hidden")

    def test_the_methods_of_the_default_gateway_come_first(self):
        method = self.payment_method.copy({"code": "zebra", "sequence": 999})
        other = self.provider.copy({"name": "Zebra"})
        other.write(
            {
                "state": "test",
                "is_published": True,
                "payment_method_ids": [fields.Command.set(method.ids)],
            }
        )
        self.practice.clinic_gateway_id = other
        offered = self._get_offered()
        methods = self.env["payment.method"]._get_compatible_payment_methods(
            offered.ids, self.client.id
        )
        self.assertEqual(methods[0], method)
        self.assertIn(self.payment_method, methods)

    def _open_form(self):
        amount, currency = 100.0, self.practice.currency_id.id
        self.authenticate("client", "client")
        token = payment_utils.generate_access_token(
            self.client.id, amount, currency, env=self.env
        )
        page = self.url_open(
            "/payment/pay",
            params={
                "amount": amount,
                "currency_id": currency,
                "partner_id": self.client.id,
                "company_id": self.practice.id,
                "access_token": token,
            },
        )
        return html.fromstring(page.text)

    def test_the_form_chooses_the_default_gateway(self):
        other = self.payment_method.copy({"code": "zebra", "sequence": 999})
        self.provider.payment_method_ids |= other
        self.provider.is_published = True
        self.assertIn("o_payment_form", html.tostring(self._open_form()).decode())
        self.assertFalse(self._open_form().xpath(CHOSEN))
        self.practice.clinic_gateway_id = self.provider
        (radio,) = self._open_form().xpath(CHOSEN)
        self.assertEqual(radio.get("data-provider-id"), str(self.provider.id))

    # === CARD BRANDS === #

    def _create_brands(self):
        """Return the method of cards and two of its brands, as providers have them."""
        methods = self.env["payment.method"].with_context(active_test=False)
        card = methods.search([("code", "=", "card")], limit=1)
        visa, amex = (
            methods.search([("code", "=", code)], limit=1) for code in ("visa", "amex")
        )
        card.provider_ids |= self.provider
        (card | visa | amex).active = True
        return card, visa, amex

    def _save(self, method, number):
        return self._create_token(
            payment_details=number,
            payment_method_id=method.id,
            partner_id=self.client.id,
        )

    def _get_tokens(self, **kwargs):
        tokens = self.env["payment.token"]
        return tokens._get_available_tokens(self.provider.ids, self.client.id, **kwargs)

    def test_only_cards_of_accepted_brands_are_offered(self):
        card, visa, amex = self._create_brands()
        by_visa, by_amex = self._save(visa, "4242"), self._save(amex, "0005")
        unknown = self._save(card, "1111")
        account = self._save(self.payment_method, "9999")
        self.assertEqual(self._get_tokens(), by_visa | by_amex | unknown | account)
        self.practice.clinic_accepted_brand_ids = visa
        self.assertEqual(self._get_tokens(), by_visa | account)
        self.assertIn(by_amex, self._get_tokens(is_validation=True))

    def test_a_card_that_is_not_accepted_is_not_charged(self):
        _card, visa, amex = self._create_brands()
        token = self._save(amex, "0005")
        self.practice.clinic_accepted_brand_ids = visa
        tx = self._create_transaction(
            "token", token_id=token.id, amount=100, invoice_ids=self.bill.ids
        )
        tx._charge_with_token()
        self.assertEqual(tx.state, "error")
        self.assertIn("does not accept this card, only VISA", tx.state_message)
        with self.assertRaisesRegex(UserError, "does not accept this card"):
            self.bill._clinic_check_offered(
                self.client, 100, self.provider.id, token.id
            )

    def test_staff_cannot_charge_a_card_that_is_not_accepted(self):
        _card, visa, amex = self._create_brands()
        token = self._save(amex, "0005")
        self.practice.clinic_accepted_brand_ids = visa
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda each: each.payment_provider_id == self.provider
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.bill.ids)
            .create(
                {
                    "journal_id": self.provider.journal_id.id,
                    "payment_method_line_id": line.id,
                }
            )
        )
        self.assertNotIn(token, wizard.suitable_payment_token_ids)
        wizard.payment_token_id = token
        with self.assertRaisesRegex(UserError, "does not accept this card"):
            wizard._create_payments()
        self.assertEqual(self.bill.amount_residual, 100)

    def test_the_form_names_the_brands(self):
        card, visa, amex = self._create_brands()
        self.assertEqual(card._clinic_get_accepted_names(self.provider), "")
        self.assertIn(amex, card._clinic_get_shown_brands(self.provider))
        self.practice.clinic_accepted_brand_ids = visa
        self.assertEqual(card._clinic_get_accepted_names(self.provider), visa.name)
        self.assertEqual(card._clinic_get_shown_brands(self.provider), visa)

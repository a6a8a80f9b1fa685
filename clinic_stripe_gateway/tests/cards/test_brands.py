from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestBrands(SavedCardsCommon):
    """Cards of brands that the practice does not accept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        methods = cls.env["payment.method"].with_context(active_test=False)
        cls.visa = methods.search([("code", "=", "visa")], limit=1)
        cls.amex = methods.search([("code", "=", "amex")], limit=1)
        cls.invoice = cls._invoice(cls._create_service())

    def setUp(self):
        super().setUp()
        self.card = self._save_card()
        self.other_card = self._save_card(card="amex")

    def _accept(self, brands):
        self.env.company.clinic_accepted_brand_ids = brands

    def _offered(self):
        tokens = self.env["payment.token"]
        return tokens._get_available_tokens(self.provider.ids, self.client.id)

    def test_the_brand_is_that_of_the_card(self):
        self.assertEqual(self.card._clinic_get_brand(), self.visa)
        self.assertEqual(self.other_card._clinic_get_brand(), self.amex)

    def test_a_brand_that_is_switched_off_in_odoo_is_known(self):
        self.other_card.payment_method_id = self.card_method
        self.assertEqual(self.other_card._clinic_get_brand(), self.amex)
        self._accept(self.amex)
        self.assertEqual(self._offered(), self.other_card)

    def test_only_accepted_brands_are_offered(self):
        self.assertEqual(self._offered(), self.card | self.other_card)
        self._accept(self.visa)
        self.assertEqual(self._offered(), self.card)
        self.other_card.action_clinic_make_default()
        self.assertFalse(self.other_card.clinic_is_default)
        self.assertTrue(self.card.clinic_is_default)

    def test_stripe_is_not_asked_to_charge_a_brand_that_is_refused(self):
        self._accept(self.visa)
        before = len(self._sent("POST", "payment_intents"))
        tx = self._create_transaction(
            amount=10,
            operation="online_token",
            token_id=self.other_card.id,
            partner_id=self.client.id,
        )
        tx._charge_with_token()
        self.assertEqual(tx.state, "error")
        self.assertIn("does not accept this card", tx.state_message)
        self.assertEqual(len(self._sent("POST", "payment_intents")), before)

    def test_a_client_reads_why_their_own_card_is_refused(self):
        self._accept(self.visa)
        with self.assertRaisesRegex(UserError, "does not accept this card, only VISA"):
            self.invoice._clinic_check_offered(
                self.client, 100, self.provider.id, self.other_card.id
            )

    def test_nothing_is_said_of_the_cards_of_others(self):
        self._accept(self.visa)
        with self.assertRaises(UserError) as caught:
            self.invoice._clinic_check_offered(
                self.other_client, 100, self.provider.id, self.other_card.id
            )
        self.assertNotIn("accept", str(caught.exception))

    def test_the_email_after_payment_tells_brand_and_last_digits(self):
        tx = self._create_transaction(
            amount=100,
            operation="online_token",
            token_id=self.card.id,
            partner_id=self.client.id,
            invoice_ids=self.invoice.ids,
        )
        tx._charge_with_token()
        tx._post_process()
        payment = tx.payment_id
        self.assertEqual(payment.clinic_letter_state, "to_send")
        self.assertEqual(payment._clinic_get_method_details(), "VISA •••• 4242")

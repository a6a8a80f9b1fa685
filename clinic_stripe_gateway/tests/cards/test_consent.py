from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.clinic_invoicing.tests.common_pages import PaymentFormCommon

from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestConsent(SavedCardsCommon, PaymentFormCommon):
    def _consents(self):
        return self.env["clinic.card.consent"].search([])

    def _save_as(self, user, invoice, **values):
        """Pay an invoice with a new card that is to be saved, on the portal's page."""
        self.authenticate(user.login, user.login)
        self.env.flush_all()
        answer = self.make_jsonrpc_request(
            f"/invoice/transaction/{invoice.id}",
            self._pay_values(
                **{
                    "access_token": invoice._portal_ensure_token(),
                    "amount": invoice.amount_residual,
                    "tokenization_requested": True,
                    **values,
                }
            ),
        )
        self.env.invalidate_all()
        tx = self.env["payment.transaction"].search([], order="id desc", limit=1)
        self.browser.confirm(answer["client_secret"])
        self._settle(tx)
        return tx

    def test_what_a_client_agrees_to_is_kept_with_the_card(self):
        tx = self._save_as(self.client_user, self._bill())
        token = tx.token_id
        self.assertEqual(token.partner_id, self.client)
        self.assertRecordValues(
            token.clinic_consent_ids,
            [
                {
                    "partner_id": self.client.id,
                    "user_id": self.client_user.id,
                    "is_by_staff": False,
                    "company_id": self.practice.id,
                    "scope": "agreed",
                    "text": self.provider._clinic_get_consent_text(),
                    "transaction_id": tx.id,
                }
            ],
        )
        self.assertIn("Harbour Clinic", token.clinic_consent_ids.text)
        self.assertEqual(token.clinic_consent_user_id, self.client_user)
        self.assertTrue(token.clinic_consent_date)

    def test_saving_the_same_card_again_adds_a_consent_and_keeps_the_first(self):
        first = self._save_as(self.client_user, self._bill())
        self.provider.clinic_card_consent = "Other words."
        second = self._save_as(self.client_user, self._bill())
        self.assertEqual(first.token_id, second.token_id)
        texts = first.token_id.clinic_consent_ids.mapped("text")
        self.assertEqual(len(texts), 2)
        self.assertEqual(texts[0], "Other words.")

    def test_who_does_not_save_a_card_agrees_to_nothing(self):
        tx = self._save_as(self.client_user, self._bill(), tokenization_requested=False)
        self.assertFalse(tx.token_id)
        self.assertFalse(self._consents())

    def test_a_card_typed_by_an_employee_belongs_to_the_client(self):
        tx = self._save_as(self.front_desk, self._bill())
        self.assertEqual(tx.partner_id, self.client)
        self.assertEqual(tx.token_id.partner_id, self.client)
        self.assertEqual(tx.payment_id.partner_id, self.client)
        self.assertFalse(self.front_desk.partner_id.payment_token_ids)
        consent = tx.token_id.clinic_consent_ids
        self.assertEqual(consent.user_id, self.front_desk)
        self.assertEqual(consent.partner_id, self.client)
        self.assertTrue(consent.is_by_staff)
        self.assertEqual(len(self.control.objects("customer")), 1)

    def test_an_employee_who_is_billed_saves_their_own_card(self):
        invoice = self._bill(patient=self.employee.partner_id)
        tx = self._save_as(self.employee, invoice)
        self.assertEqual(tx.token_id.partner_id, self.employee.partner_id)

    def test_without_a_document_no_card_is_saved_for_an_employee(self):
        tx = self.env["payment.transaction"].with_user(self.front_desk).sudo()
        tx = tx.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "operation": "online_direct",
                "amount": 10,
                "currency_id": self.practice.currency_id.id,
                "partner_id": self.front_desk.partner_id.id,
                "tokenize": True,
                "reference": "desk",
            }
        )
        self.assertFalse(tx.tokenize)
        self.assertFalse(self._consents())

    def test_what_is_agreed_to_is_read_where_cards_are_saved(self):
        invoice = self._bill()
        self.provider.clinic_card_consent = "Our very own words."
        self.authenticate("client", "client")
        self.env.flush_all()
        for page in ("/my/payment_method", f"/my/invoices/{invoice.id}"):
            self.assertIn("Our very own words.", self.url_open(page).text, page)

    def test_clients_see_their_cards_with_default_and_state(self):
        token = self._save_card()
        self._save_card(self.other_client, card="mastercard")
        token.sudo().clinic_exp_year = 2020
        self.authenticate("client", "client")
        self.env.flush_all()
        page = self.url_open("/my/payment_method").text
        self.assertIn("Visa •••• 4242, 12/20", page)
        self.assertIn("Expired", page)
        self.assertNotIn("4444", page)

    def test_a_relative_does_not_remove_a_card_over_the_route(self):
        token = self._save_card()
        self.child.parent_id = self.client
        self.env.flush_all()
        self.authenticate("child", "child")
        self.make_jsonrpc_request("/payment/archive_token", {"token_id": token.id})
        self.env.invalidate_all()
        self.assertTrue(token.active)
        self.authenticate("client", "client")
        self.make_jsonrpc_request("/payment/archive_token", {"token_id": token.id})
        self.env.invalidate_all()
        self.assertFalse(token.active)
        self.assertEqual(token.clinic_state, "removing")

    def test_consents_are_read_by_billers_and_written_by_nobody(self):
        self._save_as(self.client_user, self._bill())
        consent = self._consents()
        self.assertTrue(consent.with_user(self.biller).read(["text"]))
        for user in (self.front_desk, self.client_user):
            self.assertFalse(consent.with_user(user).has_access("read"))
        with self.assertRaises(AccessError):
            consent.with_user(self.manager).text = "Something else"
        with self.assertRaises(AccessError):
            consent.with_user(self.manager).unlink()

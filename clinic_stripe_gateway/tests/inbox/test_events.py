from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ... import const
from ...models.inbox.clinic_stripe_event import (
    ATTEMPTS_TO_MATCH,
)
from ..common import StripeEventCommon


@tagged("post_install", "-at_install")
class TestEvents(StripeEventCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company(name="Second Clinic")["company"]

    # === THE WHOLE WAY === #

    def test_the_event_alone_is_enough_when_the_tab_is_closed(self):
        tx = self._pay_by_card(self.invoice)
        self._deliver("payment_intent.succeeded")
        self.assertPaidAndKnown(tx)
        self.assertEqual(self._received().mapped("state"), ["done"])

    def test_the_event_may_come_before_the_payer_does(self):
        tx = self._pay_by_card(self.invoice)
        self._deliver("payment_intent.succeeded")
        self._come_back(tx)
        tx._post_process()
        self.assertPaidAndKnown(tx)

    def test_the_event_may_come_after_the_payer_has(self):
        tx = self._pay_by_card(self.invoice)
        self._come_back(tx)
        tx._post_process()
        self._deliver("payment_intent.succeeded")
        self.assertPaidAndKnown(tx)

    def test_the_event_may_be_settled_while_the_page_waits(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        self._come_back(tx)
        self._process_events()
        self._come_back(tx)
        self._post(body, signature)
        self._process_events()
        self.assertPaidAndKnown(tx)

    def test_an_endpoint_of_a_newer_version_settles_everything(self):
        for version in (const.API_VERSION, "2019-05-16", None):
            self._listen(self.provider, api_version=version)
            invoice = self._bill()
            tx = self._pay_by_card(invoice)
            self._deliver("payment_intent.succeeded")
            self.assertEqual(invoice.amount_residual, 0, version)
            self.control.dashboard_refund(tx.provider_reference, amount=2000)
            self._deliver("charge.refunded")
            refund = tx.child_transaction_ids
            self.assertEqual((refund.amount, refund.state), (-20, "done"), version)
        self.assertEqual(set(self._received().mapped("state")), {"done"})

    def test_an_event_alone_saves_the_card(self):
        tx, client_secret = self._start(
            amount=0, operation="validation", tokenize=True, reference="save"
        )
        self.browser.confirm(client_secret)
        self._deliver("setup_intent.succeeded")
        self.assertEqual(tx.token_id.payment_details, "4242")
        paid = self._pay_by_card(self.invoice, "mastercard", tokenize=True)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(paid.token_id.payment_details, "4444")
        self._deliver("payment_intent.succeeded")
        tokens = self.env["payment.token"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(len(tokens), 2)

    def test_each_outcome_of_a_payment_is_noticed(self):
        declined = self._pay_by_card(self.invoice, "visa_chargeDeclined")
        self._deliver("payment_intent.payment_failed")
        self.assertEqual(declined.state, "error")
        self.assertEqual(declined.state_message, "Your card was declined.")
        given_up, _secret = self._start(self._bill())
        self.control.dashboard_cancel(given_up.provider_reference)
        self._deliver("payment_intent.canceled")
        self.assertEqual(given_up.state, "cancel")
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        authorised = self._pay_by_card(self._bill())
        self._deliver("payment_intent.amount_capturable_updated")
        self.assertEqual(authorised.state, "authorized")
        self.control.dashboard_capture(authorised.provider_reference)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(authorised.state, "done")

    def test_events_may_come_in_any_order(self):
        tx = self._pay_by_card(self.invoice, "visa_chargeDeclined")
        failed = self._message("payment_intent.payment_failed")
        created = self._message("payment_intent.created")
        secret = self.control.objects("payment_intent")[0]["client_secret"]
        self.browser.confirm(secret)
        self._deliver("payment_intent.succeeded")
        for message in (failed, created):
            self.assertEqual(self._post(*message), 200)
            self._process_events()
        self.assertPaidAndKnown(tx)

    # === SEVERAL COMPANIES === #

    def test_each_company_listens_with_its_own_secret(self):
        self.control.add_account("second")
        other = self._connect(self.other_company, "second")
        account = self.control.accounts()[-1]["id"]
        first_endpoint = self.endpoint
        self._listen(other, account=account)
        tx = self._create_transaction(
            amount=50,
            provider_id=other.id,
            currency_id=self.other_company.currency_id.id,
        )
        secret = tx._get_processing_values()["client_secret"]
        browser = type(self.browser)(
            self.control.base_url, other.stripe_publishable_key
        )
        browser.confirm(secret)
        event = self.control.events("payment_intent.succeeded", account=account)[-1]
        signed = self.control.payload(event["id"], self.endpoint)
        self.assertEqual(self._post(signed["body"].encode(), signed["signature"]), 200)
        self._process_events()
        self.assertEqual(tx.state, "done")
        self.assertEqual(tx.payment_id.company_id, self.other_company)
        self.assertEqual(self._received().provider_id, other)
        # The first company's endpoint goes on as before.
        self.endpoint = first_endpoint
        paid = self._pay_by_card(self.invoice)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(paid.state, "done")
        self.assertEqual(self._received()[0].provider_id, self.provider)

    def test_companies_may_share_an_account_and_its_endpoint(self):
        other = self._connect(self.other_company)
        other.stripe_webhook_secret = self.provider.stripe_webhook_secret
        txs = self._pay_by_card(self.invoice)
        txs |= self._pay_by_card(
            amount=50,
            provider_id=other.id,
            currency_id=self.other_company.currency_id.id,
        )
        for event in self.control.events("payment_intent.succeeded"):
            signed = self.control.payload(event["id"], self.endpoint)
            self._post(signed["body"].encode(), signed["signature"])
        self._process_events()
        self.assertEqual(txs.mapped("state"), ["done", "done"])
        companies = txs.payment_id.company_id
        self.assertEqual(companies, self.provider.company_id | self.other_company)

    def test_one_companys_secret_does_not_settle_anothers_payment(self):
        other = self._connect(self.other_company)
        other.stripe_webhook_secret = "whsec_of_the_other"
        tx, body, _signature = self._paid_message()
        self.assertEqual(self._post(body, self._sign(body, "whsec_of_the_other")), 200)
        self._process_events()
        # The endpoint of the first is told as well.
        self.assertEqual(self._received().state, "ignored")
        self.assertEqual(tx.state, "draft")

    def test_what_no_other_endpoint_is_told_of_stays_visible(self):
        other = self._connect(self.other_company)
        other.stripe_webhook_secret = "whsec_of_the_other"
        _tx, body, _signature = self._paid_message()
        self.provider.stripe_webhook_secret = False
        self._post(body, self._sign(body, "whsec_of_the_other"))
        self._process_events()
        self.assertEqual(self._received().state, "unmatched")

    def test_the_inbox_of_another_company_is_not_read(self):
        _tx, body, signature = self._paid_message()
        self._post(body, signature)
        stranger = self._create_user(
            "stranger",
            "clinic_invoicing.group_manager",
            company_id=self.other_company.id,
            company_ids=self.other_company.ids,
        )
        events = self.env["clinic.stripe.event"]
        self.assertFalse(events.with_user(stranger).search([]))
        self.assertTrue(events.with_user(self.manager).search([]))

    # === WHAT NOBODY WAITS FOR === #

    def test_an_event_of_an_unknown_type_is_ignored(self):
        for kind in ("customer.created", "payment_intent.created", "made.up.tomorrow"):
            self.control.emit(kind, {"id": "ob_1"})
            self.control.clear_requests()
            event = self._deliver(kind)
            self.assertEqual(event.state, "ignored")
            self.assertFalse(self._sent())

    def _pay_elsewhere(self, **values):
        """Let another application of the same account take a payment."""
        payload = {"amount": 12000, "currency": "usd", "confirm": True}
        payload |= {"payment_method": "pm_card_visa", **values}
        return self.provider._send_api_request("POST", "payment_intents", data=payload)

    def test_a_payment_of_another_application_is_ignored(self):
        self._pay_elsewhere()
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "ignored")

    def test_a_payment_that_nobody_knows_stays_visible(self):
        self._pay_elsewhere(description="Web shop order 7")
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "unmatched")
        self.assertEqual(event.reason, "No transaction of Odoo belongs to it.")
        for _ in range(ATTEMPTS_TO_MATCH - 1):
            self.assertFalse(event.activity_ids)
            event.next_attempt = "2020-01-01"
            self._process_events()
        self.assertEqual(event.state, "unmatched")
        # It is still looked for, but rarely, and somebody is told.
        wait = event.next_attempt - fields.Datetime.now()
        self.assertGreater(wait, timedelta(hours=23))
        self.assertEqual(len(event.activity_ids), 1)
        view = self.env.ref("clinic_stripe_gateway.clinic_stripe_event_view_search")
        self.assertIn("'unmatched'", view.arch)

    def _process_days_later(self):
        """Look again at what was paid some days ago."""
        self._received().write({"next_attempt": "2020-01-01"})
        with freeze_time(fields.Datetime.now() + timedelta(days=4)):
            self._process_events()

    def test_a_payment_that_looks_like_no_payment_of_odoo_is_not_kept_for_long(self):
        self._pay_elsewhere(description="Web shop order 7")
        self._deliver("payment_intent.succeeded")
        self._process_days_later()
        self.assertEqual(self._received().state, "ignored")

    def test_a_payment_that_looks_like_one_of_odoo_is_kept(self):
        references = (
            "c4ca4238a0b923820dcc509a",
            "c4ca4238a0b923820dcc509a-2",
            "P-c4ca4238a0b923820dcc509a-1",
            "tx-20251125195850",
        )
        for reference in references:
            self._pay_elsewhere(description=reference)
            self._deliver("payment_intent.succeeded")
        other = self.env["payment.provider"].create({"name": "Elsewhere"})
        self._create_transaction(
            self.invoice, reference="INV/2024/00007", provider_id=other.id
        )
        self._pay_elsewhere(description="INV/2024/00007")
        self._deliver("payment_intent.succeeded")
        self._process_days_later()
        self.assertEqual(set(self._received().mapped("state")), {"unmatched"})

    def test_an_authorisation_of_another_application_that_is_given_up_is_ignored(self):
        intent = self._pay_elsewhere(
            description="Web shop order 7", capture_method="manual"
        )
        self.control.dashboard_cancel(intent["id"])
        self.assertEqual(self._deliver("charge.refunded").state, "ignored")

    def test_a_manager_says_that_a_payment_is_not_ours(self):
        self._pay_elsewhere(description="Web shop order 7")
        event = self._deliver("payment_intent.succeeded")
        for _ in range(ATTEMPTS_TO_MATCH):
            event.next_attempt = "2020-01-01"
            self._process_events()
        self.assertTrue(event.activity_ids)
        for user in (self.biller, self.front_desk, self.client_user):
            with self.assertRaises(AccessError):
                event.with_user(user).action_disown()
        event.with_user(self.manager).action_disown()
        self.assertEqual((event.state, event.disowned_by_id), ("ignored", self.manager))
        self.assertFalse(event.activity_ids)
        event._reconsider(self.provider)
        self.assertEqual(event.state, "ignored")

    def test_nobody_disowns_a_payment_that_is_known(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        self._received().with_user(self.manager).action_disown()
        self._process_events()
        self.assertPaidAndKnown(tx)

    def test_a_message_may_be_faster_than_the_payment_it_is_about(self):
        reference = "c4ca4238a0b92382"
        self._pay_elsewhere(description=reference)
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "unmatched")
        tx = self._create_transaction(self.invoice, reference=reference)
        event.next_attempt = "2020-01-01"
        self._process_events()
        self.assertEqual(event.state, "done")
        self.assertPaidAndKnown(tx)

    def test_a_copy_of_a_payment_stays_visible_and_settles_nothing(self):
        tx, _secret = self._start(self.invoice)
        self._pay_elsewhere(description=tx.reference)
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "unmatched")
        self.assertEqual(tx.state, "draft")

    def test_what_names_no_payment_is_nobodys(self):
        self._create_transaction(self.invoice)
        event = (
            self.env["clinic.stripe.event"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "event_id": "evt_1",
                    "event_type": "charge.refund.updated",
                }
            )
        )
        for nothing in (None, False, ""):
            self.assertFalse(event._find_transaction(provider_reference=nothing))
            self.assertFalse(event._find_transaction(reference=nothing))

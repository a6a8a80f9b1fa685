import json
import time
from datetime import timedelta

import stripe

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_stripe_gateway import const
from odoo.addons.clinic_stripe_gateway.models import clinic_stripe_event

from .common import WEBHOOK, StripeHttpCommon

FAILED_QUIETLY = "odoo.addons.clinic_stripe_gateway.models.clinic_stripe_event"


@tagged("post_install", "-at_install")
class TestWebhook(StripeHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service(price_unit=120)
        cls.invoice = cls._invoice(cls.service)
        cls.other_company = cls.setup_other_company(name="Second Clinic")["company"]

    def _sign(self, body, secret=None, age=0):
        """Return the signature with which Stripe would have sent this body."""
        return stripe.WebhookSignature.generate_signature_header(
            body.decode(),
            secret or self.provider.stripe_webhook_secret,
            int(time.time()) - age,
        )

    def _paid_message(self):
        """Return a payment that Odoo has not heard of, and the message about it."""
        tx = self._pay_by_card(self.invoice)
        return tx, *self._message("payment_intent.succeeded")

    def assertNothingDone(self, tx=None):
        self.assertFalse(self._received())
        if tx:
            self.assertEqual(tx.state, "draft")
            self.assertEqual(self.invoice.amount_residual, 120)

    def assertRefused(self, body, signature=None, tx=None, **headers):
        self.assertEqual(self._post(body, signature, **headers), 403)
        self.assertNothingDone(tx)

    # === SIGNATURES === #

    def test_without_a_secret_nothing_is_believed(self):
        for secret in (False, "", " "):
            tx, body, signature = self._paid_message()
            self.provider.stripe_webhook_secret = secret
            self.assertRefused(body, signature, tx)
            self.assertRefused(body, None, tx)
            self.assertRefused(body, self._sign(body, " "), tx)
            self._listen(self.provider)

    def _queries_of(self, body, signature):
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            self._post(body, signature)
        # What follows is what this test reads back.
        return [line for line in logs.output if "SELECT" in line or "INSERT" in line]

    def test_what_nobody_signed_makes_odoo_look_for_nothing(self):
        _tx, body, signature = self._paid_message()
        tables = ('"payment_transaction"', '"clinic_stripe_event"')
        queries = self._queries_of(body, self._sign(body, "whsec_of_somebody"))
        self.assertTrue(queries)
        self.assertFalse([q for q in queries if any(table in q for table in tables)])
        queries = self._queries_of(body, signature)
        self.assertTrue([q for q in queries if any(table in q for table in tables)])

    def test_the_secret_of_somebody_else_is_refused(self):
        tx, body, _signature = self._paid_message()
        self.assertRefused(body, self._sign(body, "whsec_of_somebody_else"), tx)

    def test_an_old_message_is_refused(self):
        tx, body, _signature = self._paid_message()
        for age in (305, 3600, 86400):
            self.assertRefused(body, self._sign(body, age=age), tx)

    def test_an_altered_body_is_refused(self):
        tx, body, signature = self._paid_message()
        for altered in (
            body.replace(b"12000", b"12001"),
            body + b" ",
            body[:-1],
            b"",
            json.dumps(json.loads(body)).encode(),
        ):
            self.assertNotEqual(altered, body)
            self.assertRefused(altered, signature, tx)

    def test_a_header_that_makes_no_sense_is_refused(self):
        tx, body, signature = self._paid_message()
        for header in (
            "",
            "t=1",
            "v1=abc",
            "t=now,v1=abc",
            "t=1,t=2,v1=",
            "=" * 200,
            signature.replace("v1=", "v0="),
            signature.upper(),
        ):
            self.assertRefused(body, header, tx)
        self.assertRefused(body, None, tx)

    def test_a_secret_that_is_being_replaced_still_counts(self):
        old = self.provider.stripe_webhook_secret
        new = self.control.roll_secret(self.endpoint)
        for secret in (old, new):
            self.provider.stripe_webhook_secret = secret
            tx = self._pay_by_card(self._bill())
            body, signature = self._message("payment_intent.succeeded")
            self.assertEqual(signature.count("v1="), 2)
            self.assertEqual(self._post(body, signature), 200)
            self._process_events()
            self.assertEqual(tx.state, "done")

    def test_a_secret_that_was_replaced_counts_no_more(self):
        self.control.roll_secret(self.endpoint, expires_in=0)
        tx, body, signature = self._paid_message()
        self.assertRefused(body, signature, tx)

    def test_the_secret_of_a_disabled_provider_counts_no_more(self):
        tx, body, signature = self._paid_message()
        self.provider.state = "disabled"
        self.assertRefused(body, signature, tx)

    # === SHAPES === #

    def test_a_body_that_is_no_event_is_refused_however_well_it_is_signed(self):
        for body in (
            b"null",
            b"[]",
            b"{}",
            b"not json",
            b'{"id": "evt_1", "type": "a"}',
            b'{"id": "evt_1", "type": "a", "data": {"object": "pi_1"}}',
            b'{"id": 7, "type": "a", "data": {"object": {}}}',
            b'{"id": "evt_\\u0000", "type": "a", "data": {"object": {}}}',
            b'{"id": "evt_\\ud800", "type": "a", "data": {"object": {}}}',
        ):
            self.assertRefused(body, self._sign(body))

    def test_a_body_that_is_no_text_is_refused(self):
        for body in (b"\xff\xfe\xfa", b"\x00" * 64, b"\xc3\x28"):
            self.assertRefused(body, "t=1,v1=abc")
            self.assertRefused(body, self._sign(b"{}"))

    def test_a_form_is_refused(self):
        tx, body, signature = self._paid_message()
        kind = "application/x-www-form-urlencoded"
        self.assertRefused(b"id=evt_1&type=a", signature, tx, Content_Type=kind)
        self.assertRefused(b"id=evt_1&type=a", None, tx, Content_Type=kind)
        kind = "multipart/form-data; boundary=x"
        self.assertRefused(body, signature, tx, Content_Type=kind)

    def test_a_huge_body_does_no_harm(self):
        event = {"id": "evt_1", "type": "a", "data": {"object": {"id": "ob_1"}}}
        body = json.dumps({**event, "padding": "x" * 2**20}).encode()
        self.assertRefused(body, "t=1,v1=abc")
        self.assertEqual(self._post(body, self._sign(body)), 200)
        self.assertEqual(self._received().mapped("object_id"), ["ob_1"])

    def test_only_messages_are_taken(self):
        for method in ("GET", "PUT", "DELETE", "HEAD"):
            answer = self.url_open(WEBHOOK, method=method)
            self.assertEqual(answer.status_code, 405, method)
        self.assertNothingDone()

    # === STORED ONCE === #

    def test_a_message_is_stored_with_identifiers_only(self):
        tx, body, signature = self._paid_message()
        self.assertEqual(self._post(body, signature), 200)
        (event,) = self._received()
        self.assertRecordValues(
            event,
            [
                {
                    "provider_id": self.provider.id,
                    "event_id": json.loads(body)["id"],
                    "event_type": "payment_intent.succeeded",
                    "object_id": tx.provider_reference,
                    "state": "received",
                    "attempts": 0,
                    "reason": False,
                }
            ],
        )
        self.assertEqual(tx.state, "draft", "it is answered before it is processed")

    def test_a_message_that_comes_again_is_stored_once(self):
        tx, body, signature = self._paid_message()
        for _ in range(5):
            self.assertEqual(self._post(body, signature), 200)
            self._process_events()
            self.assertEqual(self._post(body, self._sign(body)), 200)
        (event,) = self._received()
        self.assertEqual((event.state, event.attempts), ("done", 1))
        self.assertPaidOnce(self.invoice, tx)

    def test_an_answer_to_a_duplicate_asks_nothing_of_stripe(self):
        _tx, body, signature = self._paid_message()
        self._post(body, signature)
        self.control.clear_requests()
        self._post(body, signature)
        self.assertFalse(self._sent())

    @mute_logger("odoo.sql_db")
    def test_the_database_itself_stores_an_event_once(self):
        _tx, body, signature = self._paid_message()
        self._post(body, signature)
        (event,) = self._received()
        with self.assertRaisesRegex(Exception, "unique|received already"):
            event.copy()
            self.env.flush_all()

    # === THE WHOLE WAY === #

    def assertPaidAndKnown(self, tx):
        """Everybody knows about it: invoice, service and share."""
        self.assertEqual(tx.state, "done")
        self.assertPaidOnce(self.invoice, tx)
        self.assertEqual(self.service.state, "paid")
        self.assertEqual(self.service.amount_due, 0)
        self.assertEqual(self.service.share_ids.state, "paid")
        self.assertEqual(self.service.share_ids.amount_paid, 120)

    def _come_back(self, tx):
        self.env.flush_all()
        params = {"reference": tx.reference, "payment_intent": tx.provider_reference}
        self.url_open("/payment/stripe/return", params=params, allow_redirects=False)
        self.env.invalidate_all()

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

    def test_stripe_delivers_by_itself(self):
        """The emulator sends, signs and repeats as Stripe does."""
        endpoint = self.control.add_endpoint(self.base_url() + WEBHOOK)
        self.provider.stripe_webhook_secret = endpoint["secret"]
        tx, client_secret = self._start(self.invoice)
        rule = {"types": ["payment_intent.succeeded"], "times": 3}
        self.control.delivery_rule("repeat", **rule)
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            self.browser.confirm(client_secret)
            self.assertTrue(self.control.wait_delivered(retries=True))
        self.env.invalidate_all()
        self._process_events()
        deliveries = self.control.deliveries(types=["payment_intent.succeeded"])
        self.assertEqual([each["state"] for each in deliveries], ["delivered"] * 3)
        self.assertPaidAndKnown(tx)
        kinds = self._received().mapped("event_type")
        self.assertEqual(kinds.count("payment_intent.succeeded"), 1)

    def test_stripe_is_told_when_its_secret_is_not_ours(self):
        self.control.delivery_settings(backoff=[])
        self.control.add_endpoint(self.base_url() + WEBHOOK)
        tx, client_secret = self._start(self.invoice)
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            self.browser.confirm(client_secret)
            self.control.wait_delivered()
        self.env.invalidate_all()
        (delivery,) = self.control.deliveries(types=["payment_intent.succeeded"])
        self.assertEqual(delivery["state"], "failed")
        self.assertEqual(delivery["attempts"][0]["status"], 403)
        self.assertNothingDone(tx)

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
        self.assertEqual(self._received().state, "unmatched")
        self.assertEqual(tx.state, "draft")

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
        for _ in range(10):
            event.next_attempt = "2020-01-01"
            self._process_events()
        self.assertEqual(event.state, "unmatched")
        self.assertEqual(event.attempts, clinic_stripe_event.ATTEMPTS_TO_MATCH)
        view = self.env.ref("clinic_stripe_gateway.clinic_stripe_event_view_search")
        self.assertIn("'unmatched'", view.arch)

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
        self.assertFalse(event._settle_refund())

    # === FAILURES === #

    @mute_logger(FAILED_QUIETLY)
    def test_what_fails_is_tried_again_later_and_later(self):
        tx, body, signature = self._paid_message()
        fault = self.control.fault("error_before", path="/v1/payment_intents/*")
        with freeze_time(fields.Datetime.now()) as clock:
            self._post(body, signature)
            (event,) = self._received()
            for attempt, delay in enumerate((30, 60, 120, 240, 480), start=1):
                self._process_events()
                self.assertEqual((event.state, event.attempts), ("failed", attempt))
                wait = event.next_attempt - fields.Datetime.now()
                self.assertEqual(wait, timedelta(seconds=delay))
                self.assertIn("Could not establish the connection", event.reason)
                clock.tick(delay - 1)
                self._process_events()
                self.assertEqual(event.attempts, attempt, "it was tried too early")
                clock.tick(1)
            self.control.remove_fault(fault["id"])
            self._process_events()
            self.assertEqual((event.state, event.reason), ("done", False))
        self.assertPaidAndKnown(tx)

    @mute_logger(FAILED_QUIETLY)
    def test_what_keeps_failing_is_never_given_up(self):
        tx, body, signature = self._paid_message()
        fault = self.control.fault("error_before", path="/v1/payment_intents/*")
        self._post(body, signature)
        (event,) = self._received()
        for attempts in (12, 100, 100_000):
            event.write({"attempts": attempts, "next_attempt": "2020-01-01"})
            with freeze_time(fields.Datetime.now()):
                self._process_events()
                wait = event.next_attempt - fields.Datetime.now()
            self.assertEqual((event.state, event.attempts), ("failed", attempts + 1))
            self.assertEqual(wait, timedelta(hours=6))
        self.control.remove_fault(fault["id"])
        event.next_attempt = "2020-01-01"
        self._process_events()
        self.assertEqual(event.state, "done")
        self.assertPaidAndKnown(tx)

    @mute_logger(FAILED_QUIETLY)
    def test_an_administrator_need_not_wait(self):
        tx, body, signature = self._paid_message()
        fault = self.control.fault("error_before", path="/v1/payment_intents/*")
        self._post(body, signature)
        self._process_events()
        self.control.remove_fault(fault["id"])
        (event,) = self._received()
        self._process_events()
        self.assertEqual(event.state, "failed")
        event.sudo(False).action_retry()
        self.assertEqual(event.state, "done")
        self.assertPaidAndKnown(tx)

    def test_only_administrators_try_again(self):
        _tx, body, signature = self._paid_message()
        self._post(body, signature)
        for user in (self.manager, self.biller, self.client_user):
            with self.assertRaises(AccessError):
                self._received().with_user(user).action_retry()
        self.assertEqual(self._received().attempts, 0)

    def _break_booking(self):
        """Let the booking of this very amount fail, whatever was done before."""
        self.env.cr.execute(
            "ALTER TABLE account_payment ADD CONSTRAINT broken CHECK (amount <> 120)"
        )

    def _mend_booking(self):
        self.env.cr.execute("ALTER TABLE account_payment DROP CONSTRAINT broken")

    @mute_logger(FAILED_QUIETLY, "odoo.sql_db")
    def test_what_fails_holds_up_nothing_else(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        other = self._pay_by_card(self._bill(80))
        self._post(*self._message("payment_intent.succeeded"))
        self._break_booking()
        self._process_events()
        self.assertEqual(self._received().mapped("state"), ["done", "failed"])
        self.assertEqual(other.invoice_ids.amount_residual, 0)
        self.assertFalse(tx.payment_id)

    @mute_logger(FAILED_QUIETLY, "odoo.sql_db")
    def test_a_payment_that_cannot_be_booked_is_known_and_not_asked_for_again(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        self._break_booking()
        self._process_events()
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self.assertEqual(self.invoice.amount_residual, 120)
        self.assertIn("on its way", self.invoice._clinic_get_payment_obstacle())
        self._mend_booking()
        self._received().next_attempt = "2020-01-01"
        self._process_events()
        self.assertEqual(self._received().state, "done")
        self.assertPaidAndKnown(tx)

    def test_a_failure_tells_its_reason_and_nothing_personal(self):
        self.client.name = "Clara MARKNAME"
        _tx, body, signature = self._paid_message()
        self._post(body, signature)
        # What PostgreSQL says about it holds the whole row.
        self._break_booking()
        with (
            self.assertLogs(FAILED_QUIETLY, "DEBUG") as logs,
            mute_logger("odoo.sql_db"),
        ):
            self._process_events()
        (event,) = self._received()
        self.assertEqual((event.state, event.reason), ("failed", "CheckViolation"))
        for word in ("MARKNAME", self.invoice.name, "12000"):
            self.assertNotIn(word, str(logs.output))
        self.assertIn(event.event_id, str(logs.output))

    def test_a_failure_that_accounting_explains_names_nobody_either(self):
        payer = self.env["res.partner"].create({"name": "Otto MARKNAME"})
        self._pay_by_card(amount=10, partner_id=payer.id)
        # A payment of this company may not be booked for a client of another.
        payer.company_id = self.other_company
        with self.assertLogs(FAILED_QUIETLY, "DEBUG") as logs:
            event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "failed")
        self.assertTrue(event.reason)
        self.assertNotIn("MARKNAME", f"{event.reason} {logs.output}")

    @mute_logger(FAILED_QUIETLY)
    def test_a_failure_that_people_can_mend_says_how(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        key = self.provider.stripe_secret_key
        self.provider.stripe_secret_key = "sk_test_this_key_was_withdrawn"
        self._process_events()
        (event,) = self._received()
        self.assertEqual(event.state, "failed")
        self.assertIn("Invalid API Key", event.reason)
        self.assertNotIn("sk_test_this_key_was_withdrawn", event.reason)
        self.provider.stripe_secret_key = key
        event.sudo(False).action_retry()
        self.assertPaidAndKnown(tx)

    def test_settled_messages_are_forgotten_after_a_while_and_others_are_not(self):
        events = self.env["clinic.stripe.event"].sudo()
        for state in ("received", "done", "ignored", "unmatched", "failed"):
            events |= events.create(
                {
                    "provider_id": self.provider.id,
                    "event_id": state,
                    "event_type": "a",
                    "state": state,
                }
            )
        events._gc_settled()
        self.assertEqual(len(self._received()), 5)
        self.env.cr.execute("UPDATE clinic_stripe_event SET create_date = '2020-01-01'")
        events.invalidate_recordset()
        events._gc_settled()
        self.assertEqual(
            self._received().mapped("state"), ["failed", "unmatched", "received"]
        )

    # === REFUNDS === #

    def _refunded(self, tx):
        """Return what is booked as refunded, in the smallest unit."""
        booked = tx.child_transaction_ids.payment_id
        self.assertEqual(set(booked.mapped("payment_type")) - {"outbound"}, set())
        return round(sum(booked.mapped("amount")) * 100)

    def assertLedgersAgree(self, tx):
        told = self.control.payment(tx.provider_reference)["refunded"]
        self.assertEqual(self._refunded(tx), told)

    def test_a_refund_in_the_dashboard_is_booked_once(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.dashboard_refund(tx.provider_reference, amount=3000)
        message = self._message("charge.refunded")
        for _ in range(3):
            self._post(*message)
            self._process_events()
        self.assertEqual(tx.child_transaction_ids.mapped("amount"), [-30])
        self.assertLedgersAgree(tx)
        self.control.dashboard_refund(tx.provider_reference, amount=3000)
        self._deliver("charge.refunded")
        self.assertEqual(tx.child_transaction_ids.mapped("amount"), [-30, -30])
        self.assertLedgersAgree(tx)

    def test_refunds_of_which_one_event_was_missed_are_all_booked(self):
        tx = self._pay_and_settle(self.invoice)
        for amount in (1000, 2000, 3000):
            self.control.dashboard_refund(tx.provider_reference, amount=amount)
        self._deliver("charge.refunded")
        self.assertEqual(len(tx.child_transaction_ids), 3)
        self.assertLedgersAgree(tx)

    def test_odoos_own_refund_is_not_booked_again(self):
        tx = self._pay_and_settle(self.invoice)
        tx._refund(45)._post_process()
        self._deliver("charge.refunded")
        self._deliver("charge.refunded")
        self.assertEqual(len(tx.child_transaction_ids), 1)
        self.assertLedgersAgree(tx)

    def test_a_refund_of_a_saved_card_payment_is_booked(self):
        token = self._save_card()
        tx = self._create_transaction(
            self.invoice, operation="online_token", token_id=token.id
        )
        tx._charge_with_token()
        tx._post_process()
        self.control.dashboard_refund(tx.provider_reference)
        self._deliver("charge.refunded")
        self.assertLedgersAgree(tx)
        self.assertEqual(self._refunded(tx), 12000)

    def _authorise(self):
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        return self._pay_and_settle(self.invoice)

    def test_giving_up_an_authorisation_books_no_refund(self):
        voided = self._authorise()
        voided._void()
        for _ in range(2):
            event = self._deliver("charge.refunded")
            self.assertEqual(event.state, "done")
        self.assertEqual(voided.state, "cancel")
        self.assertEqual(voided.child_transaction_ids.mapped("state"), ["cancel"])
        self.assertFalse(
            self.env["account.payment"].search([("memo", "ilike", voided.reference)])
        )
        self.assertEqual(self.invoice.amount_residual, 120)

    def test_giving_it_up_in_the_dashboard_books_no_refund_either(self):
        tx = self._authorise()
        self.control.dashboard_cancel(tx.provider_reference)
        self._deliver("charge.refunded")
        self._deliver("payment_intent.canceled")
        self.assertEqual(tx.state, "cancel")
        self.assertFalse(tx.child_transaction_ids)
        self.assertEqual(self.invoice.amount_residual, 120)

    def test_a_refund_of_a_captured_payment_is_booked_once(self):
        tx = self._authorise()
        capture = tx._capture()
        capture._post_process()
        self.assertEqual(self.invoice.amount_residual, 0)
        capture._refund(25)._post_process()
        self._deliver("charge.refunded")
        self._deliver("payment_intent.succeeded")
        refunds = (tx | capture).child_transaction_ids - capture
        self.assertEqual(refunds.mapped("amount"), [-25])
        self.assertEqual(self._refunded(capture), 2500)

    def test_a_refund_that_comes_back_is_noticed(self):
        tx = self._pay_and_settle(self.invoice, "refundFail")
        refund = tx._refund(45)
        refund._post_process()
        self.assertEqual(refund.state, "done")
        self.control.fail_refund(refund.provider_reference)
        self._deliver("charge.refund.updated")
        self.assertEqual(refund.state, "error")

    def test_a_refund_that_takes_its_time_is_settled_when_it_is_through(self):
        tx = self._pay_and_settle(self.invoice, "pendingRefund")
        refund = tx._refund(45)
        self.assertEqual(refund.state, "pending")
        self.control.succeed_refund(refund.provider_reference)
        self._deliver("charge.refund.updated")
        self.assertEqual(refund.state, "done")
        self.assertEqual(self._refunded(tx), 4500)

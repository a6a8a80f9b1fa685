import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import WEBHOOK, StripeEventCommon


@tagged("post_install", "-at_install")
class TestWebhook(StripeEventCommon):
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
        tables = ("payment_transaction", "clinic_stripe_event")
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

    def test_a_message_of_the_future_is_refused(self):
        tx, body, _signature = self._paid_message()
        for age in (-310, -3600, -86400):
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

    # === STRIPE ITSELF === #

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

    # === REPEATED === #

    def test_a_repeated_message_is_known_until_one_is_deleted(self):
        _tx, body, signature = self._paid_message()
        events = self.env["clinic.stripe.event"].sudo()
        self.assertFalse(events._is_repeated(body, signature))
        self._post(body, signature)
        listeners = events._get_listeners()
        (listener,) = [each for each in listeners if each[0] == self.provider.id]
        events._remember_here(listener, body)
        self.assertTrue(events._is_repeated(body, signature))
        self.assertFalse(events._is_repeated(body + b" ", signature))
        self.assertFalse(events._is_repeated(body, self._sign(body, "whsec_other")))
        self.assertFalse(events._is_repeated(body, self._sign(body, age=3600)))
        self.env.registry.cache_invalidated.clear()
        self._received().unlink()
        # Told to all processes with the commit; then the database is asked again.
        self.assertIn("default", self.env.registry.cache_invalidated)

    # === TEST AND LIVE === #

    def test_a_message_of_the_other_mode_settles_nothing(self):
        tx, body, _signature = self._paid_message()
        other = body.replace(b'"livemode": false', b'"livemode": true').replace(
            b'"livemode":false', b'"livemode":true'
        )
        self.assertNotEqual(other, body)
        self.assertEqual(self._post(other, self._sign(other)), 200)
        self.control.clear_requests()
        self._process_events()
        event = self._received()
        self.assertEqual((event.state, event.livemode), ("ignored", True))
        self.assertIn("other mode", event.reason)
        # It is looked at again when the provider moves real money.
        self.provider.write(
            {
                "stripe_publishable_key": "pk_live_emulator_default",
                "stripe_secret_key": "sk_live_emulator_default",
            }
        )
        self.assertEqual(event.state, "received")
        self.assertEqual(tx.state, "draft")
        self.assertFalse(self._sent())

    # === SOON === #

    def test_one_trigger_is_enough_for_many_messages(self):
        job = self.env.ref("clinic_stripe_gateway.ir_cron_process_events")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", job.id)]).unlink()
        for number in range(3):
            event = {"id": f"evt_{number}", "type": "a", "data": {"object": {}}}
            body = json.dumps(event).encode()
            self.assertEqual(self._post(body, self._sign(body)), 200)
            self.assertEqual(triggers.search_count([("cron_id", "=", job.id)]), 1)
        self.assertEqual(len(self._received()), 3)

    def test_a_changed_secret_counts_from_the_next_message_on(self):
        _tx, body, signature = self._paid_message()
        self.assertEqual(self._post(body, signature), 200)
        self.provider.stripe_webhook_secret = "whsec_new"
        self.assertEqual(self._post(body, signature), 403)
        self.assertEqual(self._post(body, self._sign(body)), 200)

    def test_what_a_proxy_takes_for_a_form_is_not_logged(self):
        _tx, body, signature = self._paid_message()
        kind = "application/x-www-form-urlencoded"
        with self.assertNoLogs("odoo.http", "WARNING"):
            self._post(body, signature, Content_Type=kind)

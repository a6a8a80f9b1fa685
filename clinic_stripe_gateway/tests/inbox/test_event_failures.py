from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import StripeEventCommon

FAILED_QUIETLY = "odoo.addons.clinic_stripe_gateway.models.inbox.clinic_stripe_event"


@tagged("post_install", "-at_install")
class TestEventFailures(StripeEventCommon):
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
    def test_the_job_comes_back_when_the_next_attempt_is_due(self):
        _tx, body, signature = self._paid_message()
        self.control.fault("error_before", path="/v1/payment_intents/*")
        job = self.env.ref("clinic_stripe_gateway.ir_cron_process_events").sudo()
        triggers = self.env["ir.cron.trigger"].sudo()
        self.assertEqual((job.interval_number, job.interval_type), (5, "minutes"))
        with freeze_time(fields.Datetime.now()) as clock:
            self._post(body, signature)
            (event,) = self._received()
            # After 480 seconds it comes by itself.
            for delay in (30, 60, 120, 240, 480):
                triggers.search([("cron_id", "=", job.id)]).unlink()
                self._process_events()
                found = triggers.search([("cron_id", "=", job.id)])
                wanted = [event.next_attempt] if delay < 300 else []
                self.assertEqual(found.mapped("call_at"), wanted)
                clock.tick(delay)

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

    def test_only_managers_try_again(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        for user in (self.biller, self.front_desk, self.client_user):
            with self.assertRaises(AccessError):
                self._received().with_user(user).action_retry()
        self.assertEqual(self._received().attempts, 0)
        self._received().with_user(self.manager).action_retry()
        self.assertPaidAndKnown(tx)

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
        self.assertEqual((event.state, event.transaction_id), ("failed", _tx))
        self.assertIn("could not be booked (CheckViolation)", event.reason)
        self.assertIn("lock dates", event.reason)
        for word in ("MARKNAME", self.invoice.name, "12000"):
            self.assertNotIn(word, str(logs.output))
        self.assertIn(event.event_id, str(logs.output))

    def test_a_failure_that_accounting_explains_names_nobody_either(self):
        payer = self.env["res.partner"].create({"name": "Otto MARKNAME"})
        self._pay_by_card(amount=10, partner_id=payer.id)
        # A payment of this company may not be booked for a client of another.
        payer.company_id = self.env["res.company"].create({"name": "Second Clinic"})
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

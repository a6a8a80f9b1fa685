from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import StripeEventCommon

SWEEP = "odoo.addons.clinic_stripe_gateway.models.inbox.clinic_stripe_event_job"
FAILED_QUIETLY = "odoo.addons.clinic_stripe_gateway.models.inbox.clinic_stripe_event"
CALLS = "odoo.addons.clinic_stripe_gateway.models.requests.payment_provider"


@tagged("post_install", "-at_install")
class TestEventSweep(StripeEventCommon):
    """What was never delivered is found all the same."""

    def _sweep(self):
        job = self.env.ref("clinic_stripe_gateway.ir_cron_sweep_events")
        job.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_what_was_never_delivered_is_asked_for_and_settled(self):
        tx = self._pay_by_card(self.invoice)
        self._sweep()
        told = self._received().filtered(
            lambda event: event.object_id == tx.provider_reference
        )
        self.assertEqual(told.mapped("event_type"), ["payment_intent.succeeded"])
        self.assertEqual(told.mapped("livemode"), [False])
        self._process_events()
        self.assertPaidAndKnown(tx)

    def test_what_was_delivered_is_not_stored_again(self):
        tx, body, signature = self._paid_message()
        self._post(body, signature)
        self._sweep()
        self._sweep()
        self._process_events()
        names = self._received().mapped("event_id")
        self.assertEqual(len(names), len(set(names)))
        self.assertPaidAndKnown(tx)

    def test_many_days_are_asked_for_in_parts_and_from_the_last_time_on(self):
        provider = self.provider.sudo()
        provider.clinic_stripe_swept_until = fields.Datetime.now() - timedelta(days=5)
        self.control.clear_requests()
        self._sweep()
        first = len(self._sent("GET", "events"))
        self.assertGreaterEqual(first, 6)
        left = fields.Datetime.now() - provider.clinic_stripe_swept_until
        self.assertLess(left, timedelta(minutes=5))
        self.control.clear_requests()
        self._sweep()
        self.assertLess(len(self._sent("GET", "events")), first)

    def test_only_types_that_are_handled_are_asked_for(self):
        self.control.emit("made.up.tomorrow", {"id": "ob_1"})
        self._sweep()
        self.assertFalse(self._received())

    @mute_logger(SWEEP, CALLS)
    def test_a_sweep_that_fails_starts_again_where_it_was(self):
        tx = self._pay_by_card(self.invoice)
        fault = self.control.fault("error_before", path="/v1/events")
        self._sweep()
        self.assertFalse(self._received())
        self.control.remove_fault(fault["id"])
        self._sweep()
        self._process_events()
        self.assertPaidAndKnown(tx)

    def test_a_manager_may_ask_at_once_and_others_may_not(self):
        tx = self._pay_by_card(self.invoice)
        events = self.env["clinic.stripe.event"]
        for user in (self.biller, self.client_user):
            with self.assertRaises(AccessError):
                events.with_user(user).action_ask_stripe()
        notice = events.with_user(self.manager).action_ask_stripe()
        self.assertIn("events that had not arrived", notice["params"]["message"])
        self._process_events()
        self.assertPaidAndKnown(tx)

    # === PAID, NOT BOOKED === #

    def _book_again(self):
        job = self.env.ref("clinic_stripe_gateway.ir_cron_book_again")
        job.sudo().method_direct_trigger()
        self.env.invalidate_all()

    @mute_logger(FAILED_QUIETLY, "odoo.sql_db")
    def test_what_is_paid_and_not_booked_is_tried_again_for_ever(self):
        tx = self._pay_by_card(self.invoice)
        self._come_back(tx)
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self.env.cr.execute(
            "ALTER TABLE account_payment ADD CONSTRAINT broken CHECK (amount <> 120)"
        )
        # Core gave up long ago.
        tx.last_state_change = fields.Datetime.now() - timedelta(days=30)
        for _ in range(3):
            self._book_again()
            self._process_events()
            self._received().next_attempt = "2020-01-01"
        event = self._received()
        self.assertEqual((event.state, event.transaction_id), ("failed", tx))
        self.assertEqual(len(event.activity_ids), 1)
        self.env.cr.execute("ALTER TABLE account_payment DROP CONSTRAINT broken")
        self._process_events()
        self.assertFalse(event.activity_ids)
        self.assertPaidAndKnown(tx)

    def test_what_is_fresh_is_left_to_the_payers_page(self):
        tx = self._pay_by_card(self.invoice)
        self._come_back(tx)
        self._book_again()
        self.assertFalse(self._received())

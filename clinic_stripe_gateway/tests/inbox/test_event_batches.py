from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import StripeEventCommon

FAILED_QUIETLY = "odoo.addons.clinic_stripe_gateway.models.inbox.clinic_stripe_event"
PAID = "payment_intent.succeeded"
UNSETTLED = (6, 12)


@tagged("post_install", "-at_install")
class TestEventBatches(StripeEventCommon):
    """Thousands of messages wait after an outage."""

    def _wait(self, *object_ids, kind=PAID):
        """Let messages about these objects wait, as if they had been received."""
        listener = self.provider.sudo()._clinic_stripe_as_listener()
        events = self.env["clinic.stripe.event"].sudo()
        events = events.create(
            [
                {
                    "provider_id": listener.provider_id,
                    "event_id": f"evt_{kind}_{object_id}_{number}",
                    "event_type": kind,
                    "object_id": object_id,
                }
                for number, object_id in enumerate(object_ids)
            ]
        )
        self.env.flush_all()
        return events

    def _settled_transactions(self, count):
        """Return transactions whose payers have come back already."""
        txs = self.env["payment.transaction"]
        for number in range(count):
            txs |= self._create_transaction(
                amount=10,
                reference=f"{count}-{number}",
                provider_reference=f"pi_{count}_{number}",
                state="done",
                is_post_processed=True,
            )
        return txs

    def _count_queries(self):
        """Return how many queries it takes to process what is waiting."""
        self.env.invalidate_all()
        waiting = [("state", "=", "received")]
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            # A run of the job takes some seconds at most.
            while self._received().search_count(waiting, limit=1):
                self._process_events()
        return sum("query:" in line for line in logs.output)

    # === WHAT IS SETTLED ALREADY === #

    def test_settled_payments_cost_the_same_few_queries_however_many(self):
        counts = []
        # The first time fills Odoo's caches.
        for count in (5, 10, 100):
            txs = self._settled_transactions(count)
            events = self._wait(*txs.mapped("provider_reference"))
            counts.append(self._count_queries())
            self.assertEqual(set(events.mapped("state")), {"done"})
            self.assertEqual(set(events.mapped("attempts")), {1})
            self.assertEqual(events.transaction_id, txs)
        self.assertEqual(counts[1], counts[2])
        self.assertFalse(self._sent(), "Stripe was asked about what is known")

    def test_payments_that_nobody_has_settled_cost_the_same_queries_each(self):
        counts = []
        # The first time fills Odoo's caches.
        for count in (1, *UNSETTLED):
            txs = self.env["payment.transaction"]
            for _ in range(count):
                txs |= self._pay_by_card(self._bill(10))
            events = self._wait(*txs.mapped("provider_reference"))
            counts.append(self._count_queries())
            self.assertEqual(set(events.mapped("state")), {"done"})
            self.assertTrue(all(txs.mapped("is_post_processed")))
        few, many = UNSETTLED
        # Each of the others costs what the first did, or less: what a run costs once
        # is shared. A query about each of the others would cost more each time.
        added = (counts[2] - counts[1]) / (many - few)
        self.assertLessEqual(added, counts[1] / few, counts)

    def test_foreign_events_cost_the_same_few_queries_however_many(self):
        counts = []
        # The first time fills Odoo's caches.
        for count in (5, 10, 100):
            ids = [f"cus_{count}_{number}" for number in range(count)]
            events = self._wait(*ids, kind="customer.created")
            counts.append(self._count_queries())
            self.assertEqual(set(events.mapped("state")), {"ignored"})
        self.assertEqual(counts[1], counts[2])

    def test_what_is_not_settled_is_looked_at(self):
        booked = self._pay_and_settle(self._bill(70))
        unbooked = self._pay_and_settle(self._bill(80))
        unbooked.is_post_processed = False
        unheard = self._pay_by_card(self.invoice)
        txs = booked | unbooked | unheard
        events = self._wait(*txs.mapped("provider_reference"))
        self.control.clear_requests()
        self._process_events()
        self.assertEqual(events.mapped("state"), ["done"] * 3)
        self.assertEqual(len(self._sent("GET", "payment_intents/*")), 2)
        self.assertTrue(unbooked.is_post_processed)
        self.assertPaidOnce(unheard.invoice_ids)

    def assertPaidOnce(self, invoice, tx=None):
        """Other invoices are paid too."""
        self.assertEqual(len(invoice._get_reconciled_payments()), 1)
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_payment_that_is_partly_captured_is_looked_at(self):
        (tx,) = self._settled_transactions(1)
        tx.sudo().copy({"reference": "child", "state": "authorized"}).write(
            {"provider_reference": tx.provider_reference}
        )
        event = self._wait(tx.provider_reference)
        self.assertFalse(event._settle_known())

    def test_the_payment_of_another_account_is_not_mistaken_for_it(self):
        (tx,) = self._settled_transactions(1)
        other = self._connect(self.env["res.company"].create({"name": "Second"}))
        other.stripe_webhook_secret = "whsec_of_the_other"
        tx.sudo().provider_id = other
        event = self._wait(tx.provider_reference)
        self.assertFalse(event._settle_known())

    # === TOGETHER === #

    def test_events_about_one_object_are_settled_by_one_look_at_stripe(self):
        tx = self._pay_by_card(self.invoice)
        events = self._wait(*[tx.provider_reference] * 5)
        self.control.clear_requests()
        self._process_events()
        self.assertEqual(events.mapped("state"), ["done"] * 5)
        self.assertEqual(len(self._sent()), 1)
        self.assertPaidAndKnown(tx)

    @mute_logger(FAILED_QUIETLY)
    def test_what_fails_holds_up_nothing_else_in_its_batch(self):
        txs = self._pay_by_card(self._bill(10)) | self._pay_by_card(self._bill(20))
        refs = txs.mapped("provider_reference")
        events = self._wait(refs[0], "pi_nobody_knows", refs[1])
        self._process_events()
        self.assertEqual(events.mapped("state"), ["done", "failed", "done"])
        self.assertEqual(txs.mapped("state"), ["done", "done"])

    # === MANAGERS ARE TOLD === #

    def _tries(self, times):
        for _ in range(times):
            self._received().write({"next_attempt": "2020-01-01"})
            self._process_events()

    @mute_logger(FAILED_QUIETLY)
    def test_managers_are_told_once_of_any_number_of_failures(self):
        events = self._wait(*[f"pi_nobody_knows_{number}" for number in range(3)])
        self._tries(1)
        self.assertFalse(events.activity_ids)
        self._tries(3)
        (activity,) = events.activity_ids
        self.assertEqual(activity.user_id, self.env.company._clinic_get_managers()[0])
        self.assertIn("Stripe Events", activity.note)
        # Whoever is told may see what it is about.
        told = activity.with_user(activity.user_id)
        self.assertEqual(told.res_name, events[0].event_id)

    @mute_logger(FAILED_QUIETLY)
    def test_what_is_settled_needs_nobody_any_more(self):
        tx, body, signature = self._paid_message()
        fault = self.control.fault("error_before", path="/v1/payment_intents/*")
        self._post(body, signature)
        self._tries(2)
        self.assertTrue(self._received().activity_ids)
        self.control.remove_fault(fault["id"])
        self._received().with_user(self.manager).action_retry()
        self.assertFalse(self._received().activity_ids)
        self.assertPaidAndKnown(tx)

    @mute_logger(FAILED_QUIETLY)
    def test_another_failure_is_told_when_the_first_is_settled(self):
        first, second = self._wait("pi_nobody_knows", "pi_nobody_knows_either")
        self._tries(2)
        self.assertEqual((len(first.activity_ids), len(second.activity_ids)), (1, 0))
        first.state = "ignored"
        (first | second)._review_attention()
        self.assertEqual((len(first.activity_ids), len(second.activity_ids)), (0, 1))

    @mute_logger(FAILED_QUIETLY)
    def test_what_is_unmatched_does_not_hide_that_something_fails(self):
        (unmatched,) = self._wait("pi_of_another_application")
        unmatched.write(
            {"state": "unmatched", "attempts": 5, "next_attempt": "2999-01-01"}
        )
        unmatched._review_attention()
        self.assertEqual(len(unmatched.activity_ids), 1)
        (failed,) = self._wait("pi_nobody_knows")
        failed.write({"state": "failed", "attempts": 2})
        (unmatched | failed)._review_attention()
        (unmatched | failed)._review_attention()
        self.assertEqual(len(failed.activity_ids), 1)
        self.assertEqual(len(unmatched.activity_ids), 1)

    def test_an_event_leads_to_its_transaction(self):
        tx = self._pay_by_card(self.invoice)
        event = self._deliver(PAID)
        action = event.with_user(self.manager).action_open_transaction()
        self.assertEqual(action["res_id"], tx.id)
        self.assertEqual(action, {**action, "res_model": "payment.transaction"})

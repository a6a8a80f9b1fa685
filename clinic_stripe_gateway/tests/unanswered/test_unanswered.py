from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_unanswered import INTENTS, UnansweredCommon

# What hides Stripe's answer, whether Stripe has acted or not.
HIDE_THE_ANSWER = ("lost_answer", "error_after", "error_before", "refuse")


@tagged("post_install", "-at_install")
class TestUnanswered(UnansweredCommon):
    """Nobody knows whether Stripe acted: it is found out, and never tried anew."""

    # === CHARGES === #

    def _check_charge(self, fault):
        token, invoice = self._save_card(), self._bill()
        before = self._moved()
        self._hide(fault, INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.assertEqual((tx.state, tx.clinic_stripe_request), ("pending", "charge"))
        self.assertEqual(invoice.amount_residual, 120)
        self.assertIn("on its way", invoice._clinic_get_payment_obstacle())
        self._ask(tx)
        self.assertNotIn(tx.state, ("error", "cancel"))
        self.control.clear_faults()
        self._ask(tx)
        self.assertEqual((tx.state, tx.clinic_stripe_request), ("done", False))
        self.assertEqual(self._moved() - before, {"captured": 12000})
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(len(invoice._get_reconciled_payments()), 1)
        self.assertEqual(tx.payment_id, invoice._get_reconciled_payments())

    def test_a_charge_whose_answer_is_lost(self):
        self._check_charge("lost_answer")

    def test_a_charge_that_ends_in_an_error(self):
        self._check_charge("error_after")

    def test_a_charge_that_fails_before_it_is_made(self):
        self._check_charge("error_before")

    def test_a_charge_that_never_arrives(self):
        self._check_charge("refuse")

    def _hide_behind_a_limit(self):
        """Let the answer be lost, and everything that repeats the request refused."""
        self._hide("lost_answer", INTENTS, count=1)
        self._hide("rate_limit", INTENTS)

    def test_a_charge_whose_answer_is_lost_and_whose_repetition_is_too_much(self):
        token, invoice = self._save_card(), self._bill()
        self._hide_behind_a_limit()
        tx = self._charge_at_the_desk(invoice, token)
        self.assertEqual((tx.state, tx.clinic_stripe_request), ("pending", "charge"))
        self.control.clear_faults()
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("done", 12000))

    def test_a_charge_that_is_sent_again_too_often_stays_unanswered(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("refuse", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        self._hide("rate_limit", INTENTS)
        self._ask(tx)
        self.assertEqual((tx.state, tx.clinic_stripe_request), ("pending", "charge"))
        self.control.clear_faults()
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("done", 12000))

    def test_a_client_whose_saved_card_is_not_answered_waits_and_reads_no_error(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("lost_answer", INTENTS)
        tx = self._create_transaction(
            invoice, operation="online_token", token_id=token.id
        )
        tx._charge_with_token()
        self.assertEqual(tx._get_processing_values()["state"], "pending")
        self.assertIn("Do not try again", tx.state_message)

    def test_a_charge_that_comes_too_often_at_once_was_not_made(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("rate_limit", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.assertEqual((tx.state, self._billed()), ("error", 0))
        self.assertFalse(tx.clinic_stripe_request)

    def test_a_charge_that_is_not_owed_any_more_is_not_sent_again(self):
        token, invoice = self._save_card(), self._bill()
        for amount in (120, 20):
            with self.subTest(amount):
                self._hide("refuse", INTENTS)
                tx = self._charge_at_the_desk(invoice, token)
                self._pay(invoice, amount)
                self.control.clear_faults()
                self._ask(tx)
                self.assertEqual((tx.state, self._billed()), ("error", 0))
                self.assertIn("paid or changed meanwhile", tx.state_message)
                invoice = self._bill()

    def test_a_second_click_does_not_charge_again(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("lost_answer", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("done", 12000))

    def test_no_more_is_charged_than_is_owed(self):
        token, invoice = self._save_card(), self._bill()
        with self.assertRaisesRegex(UserError, "120.00"):
            self._charge_at_the_desk(invoice, token, amount=121)
        self.assertEqual(self._billed(), 0)

    def test_a_charge_that_stripe_never_got_is_given_up_after_an_hour(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("refuse", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        self._age(tx, hours=2)
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("error", 0))
        self.assertIn("nothing was done", tx.state_message)
        self.assertFalse(invoice._clinic_get_payment_obstacle())

    def test_a_charge_is_found_even_when_its_key_is_forgotten(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("lost_answer", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        self._age(tx, hours=30)
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("done", 12000))

    def test_a_card_that_is_declined_when_asked_again_is_an_error(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("error_before", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        token.stripe_payment_method = "pm_card_chargeDeclined"
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("error", 0))

    def test_the_same_charge_with_another_card_after_a_rollback_is_no_second_one(self):
        token, invoice = self._save_card(), self._bill()
        other = self._save_card(card="mastercard")
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._charge_at_the_desk(invoice, token)
            raise ZeroDivisionError
        self.env.invalidate_all()
        tx = self._charge_at_the_desk(invoice, other)
        self.assertEqual(tx.state, "pending")
        self._ask(tx)
        self.assertEqual((tx.state, invoice.amount_residual), ("done", 0))
        self.assertEqual(self._billed(cards=2), 12000)

    def test_another_amount_after_a_rollback_hides_nothing_that_was_charged(self):
        token, invoice = self._save_card(), self._bill()
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._charge_at_the_desk(invoice, token)
            raise ZeroDivisionError
        self.env.invalidate_all()
        tx = self._charge_at_the_desk(invoice, token, amount=50)
        self._ask(tx)
        self.assertEqual((tx.state, invoice.amount_residual), ("pending", 120))
        self._deliver("payment_intent.succeeded")
        self.assertEqual(invoice.amount_residual, 0)
        found = invoice._get_reconciled_payments().payment_transaction_id
        self.assertTrue(found.clinic_stripe_is_found)
        self._age(tx, hours=2)
        self._ask(tx)
        self.assertEqual((tx.state, found.state), ("error", "done"))
        self.assertEqual(self._billed(), 12000)

    def _charge_and_forget(self, invoice, token):
        """Charge a saved card in a request that is rolled back."""
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._charge_at_the_desk(invoice, token)
            raise ZeroDivisionError
        self.env.invalidate_all()

    def test_a_charge_that_was_forgotten_hours_ago_is_found(self):
        token, invoice = self._save_card(), self._bill()
        other = self._save_card(card="mastercard")
        self._charge_and_forget(invoice, token)
        tx = self._charge_at_the_desk(invoice, other)
        self._age(tx, hours=-20)
        self._ask(tx)
        self.assertEqual((tx.state, self._billed(cards=2)), ("done", 12000))

    def test_a_forgotten_charge_of_another_customer_is_found_before_it_is_given_up(
        self,
    ):
        token, invoice = self._save_card(), self._bill()
        self._charge_and_forget(invoice, token)
        token.provider_ref = self.provider._clinic_stripe_call(
            "create_customer", "another", idempotency_key="another"
        )
        tx = self._charge_at_the_desk(invoice, token)
        self._age(tx, hours=2)
        self._ask(tx)
        self.assertEqual((tx.state, self._billed()), ("done", 12000))

    def test_who_is_told_that_nothing_was_done_sees_what_was_forgotten(self):
        token, invoice = self._save_card(), self._bill()
        self._charge_and_forget(invoice, token)
        tx = self._charge_at_the_desk(invoice, token, amount=50)
        self._age(tx, hours=2)
        self._ask(tx)
        self._process_events()
        self.assertEqual((tx.state, invoice.amount_residual), ("error", 0))
        self.assertEqual(self._billed(), 12000)

    def _check_typed_and_forgotten(self, operation):
        """Let a form be paid whose request is rolled back, then open it again."""
        invoice = self._bill()
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._pay_by_card(invoice, operation=operation)
            raise ZeroDivisionError
        self.env.invalidate_all()
        tx = self._create_transaction(invoice, operation=operation, amount=50)
        values = tx._get_processing_values()
        self.assertEqual((tx.state, values["state"]), ("pending", "error"))
        self._ask(tx)
        self._process_events()
        self.assertEqual((tx.state, invoice.amount_residual), ("error", 0))

    def test_a_form_that_was_paid_and_forgotten_is_not_opened_again(self):
        self._check_typed_and_forgotten("online_direct")

    def test_what_a_form_calls_itself_makes_no_difference_to_that(self):
        self._check_typed_and_forgotten("online_redirect")

    def test_the_job_ends_when_its_time_is_over(self):
        token, txs = self._save_card(), self.env["payment.transaction"]
        self._hide("refuse", INTENTS)
        for invoice in (self._bill(), self._bill()):
            txs |= self._charge_at_the_desk(invoice, token)
        self.control.clear_faults()
        txs.sudo().clinic_stripe_ask_at = "2020-01-01"
        job = self.env.ref("clinic_stripe_gateway.ir_cron_ask_unanswered")
        self.env.flush_all()
        with self.registry.cursor() as cr:
            env = self.env(cr=cr, su=True)
            progress = env["ir.cron.progress"].create({"cron_id": job.id})
            env = env(
                context={
                    "cron_id": job.id,
                    "ir_cron_progress_id": progress.id,
                    "cron_end_time": 0,
                }
            )
            env["payment.transaction"]._cron_clinic_stripe_ask()
        self.env.invalidate_all()
        self.assertEqual(txs.mapped("state"), ["done", "pending"])

    # === AUTHORISATIONS === #

    def test_a_capture_without_an_answer_is_found_out(self):
        for fault in HIDE_THE_ANSWER:
            with self.subTest(fault):
                invoice = self._bill()
                tx = self._authorise(invoice)
                self.control.clear_faults()
                self._hide(fault, f"{INTENTS}/*/capture")
                tx.action_capture()
                part = tx.child_transaction_ids
                self.assertEqual(
                    (part.state, part.clinic_stripe_request), ("pending", "capture")
                )
                self.control.clear_faults()
                self._ask(part)
                self.assertEqual((part.state, tx.state), ("done", "done"))
                self.assertEqual(invoice.amount_residual, 0)
                self.assertEqual(len(invoice._get_reconciled_payments()), 1)

    def test_nothing_else_is_asked_for_until_a_capture_is_answered(self):
        invoice = self._bill()
        tx = self._authorise(invoice)
        self._hide("refuse", f"{INTENTS}/*/capture")
        tx.action_capture()
        self.control.clear_faults()
        for action in (tx.action_capture, tx.action_void):
            with self.assertRaisesRegex(UserError, "Do not try again"):
                action()
        self._ask(tx.child_transaction_ids)
        self.assertEqual(invoice._get_reconciled_payments().amount, 120)
        self.assertEqual(self._moved()["captured"], 12000)

    def test_a_saved_card_that_was_only_authorised_is_booked_once(self):
        token, invoice = self._save_card(), self._bill()
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        tx = self._charge_at_the_desk(invoice, token)
        self.assertEqual((tx.state, tx.payment_id.state), ("authorized", "canceled"))
        first = tx.payment_id
        tx._capture()._post_process()
        first.action_draft()
        with self.assertRaisesRegex(UserError, "not charged"):
            first.action_post()
        first.action_cancel()
        self.assertEqual((tx.state, invoice.amount_residual), ("done", 0))
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "in", (tx | tx.child_transaction_ids).ids)]
        )
        booked = payments.filtered(lambda payment: payment.state != "canceled")
        self.assertEqual(booked.mapped("amount"), [120])
        self.control.dashboard_refund(tx.provider_reference, amount=2000)
        self._deliver("charge.refunded")
        self.assertEqual(booked.clinic_reversal_ids.amount, 20)
        self.assertEqual(invoice.amount_residual, 20)

    def test_a_void_without_an_answer_is_found_out(self):
        for fault in HIDE_THE_ANSWER:
            with self.subTest(fault):
                invoice = self._bill()
                tx = self._authorise(invoice)
                self.control.clear_faults()
                self._hide(fault, f"{INTENTS}/*/cancel")
                tx.action_void()
                part = tx.child_transaction_ids
                self.assertEqual(
                    (part.state, part.clinic_stripe_request), ("pending", "void")
                )
                self.control.clear_faults()
                self._ask(part)
                self.assertEqual((part.state, tx.state), ("cancel", "cancel"))
                self.assertEqual(invoice.amount_residual, 120)

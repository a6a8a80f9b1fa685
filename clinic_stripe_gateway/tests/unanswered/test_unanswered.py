from collections import Counter
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common_desk import DeskCommon

INTENTS = "/v1/payment_intents"
# What hides Stripe's answer, whether Stripe has acted or not.
HIDE_THE_ANSWER = ("lost_answer", "error_after", "error_before", "refuse")


@tagged("post_install", "-at_install")
class TestUnanswered(DeskCommon):
    """Nobody knows whether Stripe acted: it is found out, and never tried anew."""

    def _hide(self, fault, path, count=100):
        """Let a fault hit the request and all that repeat it."""
        self.control.fault(fault, method="POST", path=path, count=count)

    def _ask(self, tx):
        """Let the job ask Stripe, however long it would have waited."""
        waiting = tx.sudo().filtered("clinic_stripe_ask_at")
        waiting.clinic_stripe_ask_at = "2020-01-01"
        self._run_job("clinic_stripe_gateway.ir_cron_ask_unanswered")

    def _age(self, tx, hours):
        """Let the transaction be that old."""
        self.env.flush_all()
        # The ORM sets this column itself.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id IN %s",
            [fields.Datetime.now() - timedelta(hours=hours), tuple(tx.ids)],
        )
        self.env.invalidate_all()

    def _moved(self):
        """Return what Stripe has charged and refunded, in cents."""
        payments = self.control.ledger()["payments"]
        return Counter(
            captured=sum(each["captured"] for each in payments),
            refunded=sum(each["refunded"] for each in payments),
        )

    def _billed(self, cards=1):
        """Return what was charged for bills: saving a card costs a dollar."""
        return self._moved()["captured"] - 100 * cards

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

    # === REFUNDS === #

    def _check_refund(self, fault):
        invoice = self._bill()
        payment = self._pay_and_settle(invoice).payment_id
        before = self._moved()
        self._hide(fault, "/v1/refunds")
        payment._clinic_give_back(50, "Paid twice")
        refund = payment.payment_transaction_id.child_transaction_ids
        self.assertEqual(
            (refund.state, refund.clinic_stripe_request), ("pending", "refund")
        )
        self.assertEqual(payment.amount_available_for_refund, 70)
        self.control.clear_faults()
        self._ask(refund)
        self.assertEqual(refund.state, "done")
        self.assertEqual(self._moved() - before, {"refunded": 5000})
        self.assertEqual(payment.amount_available_for_refund, 70)
        self.assertEqual(invoice.amount_residual, 50)

    def test_a_refund_whose_answer_is_lost(self):
        self._check_refund("lost_answer")

    def test_a_refund_that_ends_in_an_error(self):
        self._check_refund("error_after")

    def test_a_refund_that_fails_before_it_is_made(self):
        self._check_refund("error_before")

    def test_a_refund_that_never_arrives(self):
        self._check_refund("refuse")

    def test_a_second_click_does_not_refund_a_part_twice(self):
        payment = self._pay_and_settle(self._bill()).payment_id
        before = self._moved()
        self._hide("error_before", "/v1/refunds")
        payment._clinic_give_back(50, "Paid twice")
        self.control.clear_faults()
        with self.assertRaisesRegex(UserError, "has not answered an earlier refund"):
            payment._clinic_give_back(50, "Paid twice")
        self._ask(payment.payment_transaction_id.child_transaction_ids)
        self.assertEqual(self._moved() - before, {"refunded": 5000})
        self.assertEqual(payment.clinic_amount_returnable, 70)

    def test_a_refund_whose_request_was_rolled_back_is_adopted_by_the_next_click(self):
        payment = self._pay_and_settle(self._bill()).payment_id
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            payment._clinic_give_back(120, "Paid twice")
            raise ZeroDivisionError
        self.env.invalidate_all()
        given_back = payment._clinic_give_back(120, "Paid twice")
        self.assertEqual(sum(given_back.mapped("amount")), 120)
        self.assertEqual(self._moved()["refunded"], 12000)

    def test_a_forgotten_refund_that_takes_its_time_is_not_sent_again(self):
        payment = self._pay_and_settle(self._bill(), "pendingRefund").payment_id
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            payment._clinic_give_back(50, "Paid twice")
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertFalse(payment._clinic_give_back(50, "Paid twice"))
        self.assertEqual(len(self.control.objects("refund")), 1)
        self.assertEqual(payment._clinic_get_returnable(), 70)

    def test_nobody_gets_a_refund_sent_by_making_up_an_unanswered_one(self):
        tx = self._pay_and_settle(self._bill())
        forged = {
            "reference": "forged",
            "operation": "refund",
            "amount": -120,
            "state": "pending",
            "source_transaction_id": tx.id,
            "provider_id": tx.provider_id.id,
            "payment_method_id": tx.payment_method_id.id,
            "currency_id": tx.currency_id.id,
            "partner_id": tx.partner_id.id,
        }
        asking = {"clinic_stripe_request": "refund"}
        pending = self.env["payment.transaction"].sudo().create(forged)
        for user in (self.biller, self.manager):
            with self.assertRaises(AccessError):
                pending.with_user(user).create({**forged, **asking})
            with self.assertRaises(AccessError):
                pending.with_user(user).write(asking)
        self.assertFalse(self._moved()["refunded"])

    def test_nobody_changes_what_is_asked_for_again(self):
        token, invoice = self._save_card(), self._bill()
        other = self._save_card(self.other_client)
        self._hide("refuse", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        for values in (
            {"amount": 1},
            {"currency_id": self.env.ref("base.JPY").id},
            {"operation": "online_direct"},
            {"partner_id": self.other_client.id},
            {"reference": "another"},
            {"token_id": other.id},
        ):
            for user in (self.biller, self.manager):
                with self.subTest(values), self.assertRaises(AccessError):
                    tx.with_user(user).write(values)

    def test_nobody_says_in_the_place_of_stripe_that_it_was_paid(self):
        invoice = self._bill()
        tx = self._create_transaction(invoice)
        plain = {
            name: tx[name].id
            for name in ("provider_id", "payment_method_id", "currency_id")
        } | {"amount": 120, "reference": "made up", "partner_id": self.client.id}
        for values in (
            {"state": "done"},
            {"provider_reference": "pi_made_up"},
            {"source_transaction_id": tx.id},
            {"clinic_stripe_is_found": True},
        ):
            for user in (self.biller, self.manager):
                mine = tx.with_user(user)
                with self.subTest(values), self.assertRaises(AccessError):
                    mine.write(values)
                with self.subTest(values), self.assertRaises(AccessError):
                    mine.create({**plain, **values})
        other = self.env["payment.provider"].create({"name": "Elsewhere"})
        foreign = self._create_transaction(invoice, reference="by another provider")
        foreign.sudo().provider_id = other
        with self.assertRaises(AccessError):
            foreign.with_user(self.biller).provider_id = tx.provider_id
        self.assertEqual(tx.state, "draft")

    def test_a_payment_that_was_not_charged_is_not_confirmed_by_hand(self):
        token, invoice = self._save_card(), self._bill()
        self._hide("refuse", INTENTS)
        tx = self._charge_at_the_desk(invoice, token)
        payment = tx.payment_id
        payment._clinic_undoing().action_draft()
        for state in ("pending", "error", "cancel", "draft"):
            tx.sudo().state = state
            with self.assertRaisesRegex(UserError, "not charged"):
                payment.with_user(self.biller).action_post()
        self.assertEqual((payment.state, invoice.amount_residual), ("draft", 120))
        tx.sudo().state = "done"
        payment.with_user(self.biller).action_post()
        self.assertEqual(payment.state, "in_process")

    def test_a_refund_that_is_refused_when_asked_again_is_an_error(self):
        invoice = self._bill()
        payment = self._pay_and_settle(invoice).payment_id
        source = payment.payment_transaction_id
        self._hide("refuse", "/v1/refunds")
        payment._clinic_give_back(50, "Paid twice")
        self.control.clear_faults()
        self.control.create_dispute(source.provider_reference)
        refund = source.child_transaction_ids
        self._ask(refund)
        self.assertEqual((refund.state, refund.clinic_stripe_request), ("error", False))
        self.assertEqual(self._moved()["refunded"], 0)

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

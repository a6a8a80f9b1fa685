from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_unanswered import INTENTS, UnansweredCommon


@tagged("post_install", "-at_install")
class TestUnansweredRefunds(UnansweredCommon):
    """A refund is found out like a charge; nobody answers in the place of Stripe."""

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

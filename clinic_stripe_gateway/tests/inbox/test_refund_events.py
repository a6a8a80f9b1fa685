from odoo.tests import tagged

from ..common import StripeEventCommon


@tagged("post_install", "-at_install")
class TestRefundEvents(StripeEventCommon):
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

    def test_giving_up_an_authorisation_books_no_refund(self):
        voided = self._authorise(self.invoice)
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
        tx = self._authorise(self.invoice)
        self.control.dashboard_cancel(tx.provider_reference)
        self._deliver("charge.refunded")
        self._deliver("payment_intent.canceled")
        self.assertEqual(tx.state, "cancel")
        self.assertFalse(tx.child_transaction_ids)
        self.assertEqual(self.invoice.amount_residual, 120)

    def test_a_refund_of_a_captured_payment_is_booked_once(self):
        tx = self._authorise(self.invoice)
        capture = tx._capture()
        capture._post_process()
        self.assertEqual(self.invoice.amount_residual, 0)
        capture._refund(25)._post_process()
        self._deliver("charge.refunded")
        self._deliver("payment_intent.succeeded")
        refunds = (tx | capture).child_transaction_ids - capture
        self.assertEqual(refunds.mapped("amount"), [-25])
        self.assertEqual(self._refunded(capture), 2500)

    def test_a_refund_may_be_told_of_before_its_capture_is_booked(self):
        tx = self._authorise(self.invoice)
        capture = tx._capture()
        self.control.dashboard_refund(tx.provider_reference, amount=2500)
        self._deliver("refund.created")
        refund = tx.child_transaction_ids - capture
        self.assertEqual(refund.payment_id.amount, 25)
        self.assertEqual(
            refund.payment_id.clinic_reversed_payment_id, capture.payment_id
        )
        lines = refund.payment_id._clinic_get_receivable_lines()
        self.assertTrue(all(lines.mapped("reconciled")))
        self.assertEqual(self.invoice.amount_residual, 25)

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

    def test_a_refund_that_waits_for_the_payer_is_under_way(self):
        tx = self._pay_and_settle(self.invoice, "pendingRefund")
        self.control.dashboard_refund(tx.provider_reference, amount=4500)
        (listed,) = self.control.objects("refund")
        self.control.require_refund_action(listed["id"])
        self._deliver("charge.refund.updated")
        refund = tx.child_transaction_ids
        self.assertEqual(refund.state, "pending")
        self.assertEqual(tx.payment_id._clinic_get_returnable(), 75)
        self.control.succeed_refund(refund.provider_reference)
        self._deliver("charge.refund.updated")
        self.assertEqual(self._refunded(tx), 4500)

    def test_a_refund_that_was_called_off_has_not_reached_the_payer(self):
        tx = self._pay_and_settle(self.invoice, "pendingRefund")
        refund = tx._refund(45)
        self.control.require_refund_action(refund.provider_reference)
        self.control.cancel_refund(refund.provider_reference)
        for _ in range(2):
            self._deliver("charge.refund.updated")
        self.assertEqual(refund.state, "error")
        self.assertFalse(refund.payment_id)
        self.assertEqual(tx.payment_id._clinic_get_returnable(), 120)
        self.assertIn("failed", tx.payment_id.activity_ids.summary)

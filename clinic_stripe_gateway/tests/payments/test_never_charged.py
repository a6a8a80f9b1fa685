from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common import StripeEventCommon


@tagged("post_install", "-at_install")
class TestNeverCharged(StripeEventCommon):
    """Stripe is asked before the books forget what it was believed to have done."""

    def setUp(self):
        super().setUp()
        self.bill = self._bill(120)
        self.tx = self._pay_and_settle(self.bill)
        self.payment = self.tx.payment_id

    def _reverse(self, payment, mode="never_charged", amount=None):
        """Confirm the dialog as a manager."""
        payment = payment.with_user(self.manager)
        action = payment.action_clinic_reverse_payment()
        wizard = payment.env[action["res_model"]].with_context(**action["context"])
        values = {"mode": mode, "reason": "Not at Stripe"}
        values.update({"amount": amount} if amount else {})
        wizard.create(values).action_confirm()

    def _refund(self, amount):
        self._reverse(self.payment, "refund", amount)
        return self.payment.clinic_reversal_ids

    def test_what_stripe_has_is_not_called_off(self):
        with self.assertRaisesRegex(UserError, "has charged"):
            self._reverse(self.payment)
        with self.assertRaisesRegex(UserError, "has given this money back"):
            self._reverse(self._refund(50))
        self.assertEqual(self.bill.amount_residual, 50)

    def test_what_stripe_does_not_know_is_called_off(self):
        self.tx.sudo().provider_reference = "pi_invented"
        self._reverse(self.payment)
        self.assertEqual(self.payment.state, "canceled")
        self.assertEqual(self.bill.amount_residual, 120)

    def test_a_refund_that_stripe_does_not_know_is_called_off(self):
        refund = self._refund(50)
        refund.sudo().payment_transaction_id.provider_reference = "re_invented"
        self._reverse(refund)
        self.assertEqual(refund.state, "canceled")
        self.assertEqual(self.bill.amount_residual, 0)

    def test_the_one_too_many_is_called_off(self):
        twice = self.payment.copy({"payment_transaction_id": self.tx.id})
        twice.action_post()
        self._reverse(twice)
        self.assertEqual(twice.state, "canceled")
        self.assertIn(self.payment.state, ("in_process", "paid"))

    def test_nothing_is_called_off_while_stripe_does_not_answer(self):
        self.control.fault("refuse", method="GET", path="/v1/payment_intents/*")
        with self.assertRaises(ValidationError):
            self._reverse(self.payment)
        self.assertIn(self.payment.state, ("in_process", "paid"))

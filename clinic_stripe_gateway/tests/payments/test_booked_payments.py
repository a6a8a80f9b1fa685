from types import SimpleNamespace

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.clinic_invoicing.tests.undo.common_doors import DOORS, is_booked

from ..disputes.common_disputes import DisputeCommon

# Those of an entry that is no payment's.
ENTRY_DOORS = [name for name in DOORS if name.startswith("entry: ")]
ENTRY_DOORS.remove("entry: payments")


@tagged("post_install", "-at_install")
class TestStripeBookedPayments(DisputeCommon):
    """What Stripe has moved leaves the books when Stripe is asked, and not before."""

    def setUp(self):
        super().setUp()
        self.bill = self._bill(120)
        self.tx = self._pay_and_settle(self.bill)
        self.payment = self.tx.payment_id

    def _refund(self, amount):
        self.payment.with_user(self.manager)._clinic_undo("refund", amount, "Too much")
        return self.payment.clinic_reversal_ids

    def assertShut(self, payment, match="Reverse Payment"):
        for name, door in DOORS.items():
            with (
                self.subTest(door=name),
                self.assertRaisesRegex(UserError, match),
                self.env.cr.savepoint(),
            ):
                door(payment.with_user(self.biller))
            self.assertTrue(is_booked(payment), name)

    def test_what_stripe_has_charged_stays(self):
        self.assertShut(self.payment)
        self.assertPaidOnce(self.bill, self.tx)

    def test_it_stays_with_core_transport(self):
        self._set_parameter("clinic_stripe_gateway.use_sdk", "False")
        self.assertShut(self.payment)

    def test_what_was_refunded_stays_and_so_does_the_refund(self):
        refund = self._refund(50)
        self.assertShut(self.payment)
        self.assertShut(refund)
        self.assertEqual(self.bill.amount_residual, 50)

    def test_what_a_bank_has_taken_stays(self):
        self._dispute(self.tx, "created", "funds_withdrawn")
        withdrawal = self.payment.sudo().clinic_stripe_dispute_ids.withdrawal_id
        self.assertTrue(withdrawal)
        self.assertShut(withdrawal)
        self.assertShut(self.payment)
        self.control.win_dispute(self.control.objects("dispute")[0]["id"])
        self._tell("funds_reinstated")
        self.assertRestored(self.bill, self.tx)

    def test_a_captured_authorisation_stays(self):
        tx = self._authorise(self._bill(80))
        capture = tx._capture()
        capture._post_process()
        self.assertShut(capture.payment_id)

    def test_the_fee_of_a_dispute_stays(self):
        self._dispute(self.tx, "created", "funds_withdrawn")
        entries = self._find().entry_ids.filtered(lambda each: not each.payment_ids)
        fee = entries.with_user(self.biller)
        self.assertTrue(fee)
        self.assertFalse(fee.show_reset_to_draft_button)
        # What the doors know of a payment is its entry.
        stand_in = SimpleNamespace(move_id=fee, env=fee.env)
        for name in ENTRY_DOORS:
            with (
                self.subTest(door=name),
                self.assertRaisesRegex(UserError, "follows what Stripe says"),
                self.env.cr.savepoint(),
            ):
                DOORS[name](stand_in)
            self.env.invalidate_all()
            self.assertBooksAgree(self.tx)

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from ..common import StripeEventCommon


@tagged("post_install", "-at_install")
class TestStripeUndo(StripeEventCommon):
    """Void and reversal of what Stripe has charged: both ledgers agree."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refunder = cls._create_user(
            "refunder", "clinic_stripe_gateway.group_refund", name="Rae Refunder"
        )
        cls.env.flush_all()

    def _reverse(self, payment, mode="refund", amount=None, user=None):
        user = user or self.manager
        action = payment.with_user(user).action_clinic_reverse_payment()
        model = self.env[action["res_model"]].with_user(user)
        form = Form(model.with_context(**action["context"]))
        form.mode = mode
        if amount:
            form.amount = amount
        form.reason = "Wrong card"
        form.save().action_confirm()

    def _void(self, invoice, user=None, **values):
        user = user or self.manager
        action = invoice.with_user(user).action_clinic_void()
        model = self.env[action["res_model"]].with_user(user)
        form = Form(model.with_context(**action["context"]))
        form.reason = "Wrong client"
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_confirm()

    def assertGoneBack(self, tx, amount):
        """Stripe and the books say so, and nothing is open that need not be."""
        told = self.control.payment(tx.provider_reference)["refunded"]
        self.assertEqual(told, round(amount * 100))
        payment = tx.payment_id
        outbound = payment.clinic_reversal_ids
        self.assertEqual(sum(outbound.mapped("amount")), amount)
        for each in payment | outbound:
            lines = each._clinic_get_receivable_lines()
            self.assertEqual(set(lines.mapped("reconciled")), {True}, each.name)

    # === REVERSAL === #

    def test_a_reversal_refunds_and_opens_the_invoice(self):
        tx = self._pay_and_settle(self.invoice)
        self._reverse(tx.payment_id)
        self.assertGoneBack(tx, 120)
        self.assertEqual(self.invoice.amount_residual, 120)
        self.assertEqual(self.service.state, "invoiced")
        # The event about it finds everything done.
        self._deliver("charge.refunded")
        self.assertGoneBack(tx, 120)

    def test_a_part_is_refunded(self):
        tx = self._pay_and_settle(self.invoice)
        self._reverse(tx.payment_id, amount=30)
        self.assertGoneBack(tx, 30)
        self._reverse(tx.payment_id, amount=30)
        self.assertGoneBack(tx, 60)
        self.assertEqual(self.invoice.amount_residual, 60)

    def test_a_part_is_refunded_though_an_earlier_one_is_through_only_now(self):
        tx = self._pay_and_settle(self.invoice, "pendingRefund")
        self._reverse(tx.payment_id, amount=30)
        refund = tx.child_transaction_ids
        self.assertEqual(refund.state, "pending")
        self.control.succeed_refund(refund.provider_reference)
        self._reverse(tx.payment_id, amount=20)
        self.assertEqual(len(self._sent("POST", "refunds")), 2)
        self.assertEqual(refund.payment_id.amount, 30)
        second = tx.child_transaction_ids - refund
        self.assertEqual((second.amount, second.state), (-20, "pending"))
        self.control.succeed_refund(second.provider_reference)
        self._deliver("charge.refund.updated")
        self.assertGoneBack(tx, 50)

    def test_what_the_dashboard_has_refunded_is_adopted(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.dashboard_refund(tx.provider_reference)
        self._reverse(tx.payment_id, "already_refunded")
        self.assertGoneBack(tx, 120)
        self.assertFalse(self._sent("POST", "refunds"))

    def test_a_refund_that_the_dashboard_has_made_is_not_made_again(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.dashboard_refund(tx.provider_reference)
        self._reverse(tx.payment_id)
        self.assertGoneBack(tx, 120)
        self.assertFalse(self._sent("POST", "refunds"))

    def test_what_is_adopted_is_what_the_dashboard_has_refunded(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.dashboard_refund(tx.provider_reference, amount=3000)
        for amount in (120, 29.99):
            with (
                self.assertRaisesRegex(UserError, r"given back \$\s30\.00"),
                self.env.cr.savepoint(),
            ):
                self._reverse(tx.payment_id, "already_refunded", amount)
            self.env.invalidate_all()
            self.assertFalse(tx.payment_id.clinic_reversal_ids)
        self._reverse(tx.payment_id, "already_refunded", 30)
        self.assertGoneBack(tx, 30)

    def test_the_record_says_how_much_the_dashboard_has_refunded(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.dashboard_refund(tx.provider_reference, amount=7000)
        self._reverse(tx.payment_id, amount=20)
        self.assertGoneBack(tx, 70)
        for record in (tx.payment_id, self.invoice):
            self.assertIn("70.00", html2plaintext(record.message_ids[0].body))

    def test_what_was_charged_is_not_called_off(self):
        tx = self._pay_and_settle(self.invoice)
        with self.assertRaisesRegex(UserError, "charged"):
            self._reverse(tx.payment_id, "never_charged")
        self.assertEqual(tx.payment_id.state, "paid")

    def test_a_refund_that_failed_pays_the_invoice_again(self):
        tx = self._pay_and_settle(self.invoice)
        self._reverse(tx.payment_id)
        refund = tx.child_transaction_ids.provider_reference
        self.control.fail_refund(refund)
        self._deliver("charge.refund.updated")
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertEqual(tx.payment_id._clinic_get_returnable(), 120)

    # === VOID === #

    def test_a_void_refunds_and_credits(self):
        tx = self._pay_and_settle(self.invoice)
        self._void(self.invoice)
        self.assertGoneBack(tx, 120)
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertEqual(self.service.state, "to_invoice")
        self._deliver("charge.refunded")
        self.assertGoneBack(tx, 120)

    def test_a_void_releases_what_was_only_authorised(self):
        tx = self._authorise(self.invoice)
        self._void(self.invoice)
        self.assertEqual(tx.state, "cancel")
        told = self.control.payment(tx.provider_reference)
        self.assertEqual((told["captured"], told["refunded"]), (0, 0))
        self.assertEqual(self.invoice.payment_state, "reversed")

    def test_a_void_closes_the_form_that_is_open(self):
        tx, _secret = self._start(self.invoice)
        self._void(self.invoice)
        self.assertEqual(tx.state, "cancel")
        self.assertEqual(self.invoice.payment_state, "reversed")

    def test_a_refused_refund_leaves_the_invoice_as_it_was(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.fault("rate_limit", "POST", "/v1/refunds")
        with self.assertRaises(UserError):
            self._void(self.invoice)
        self.env.invalidate_all()
        self.assertFalse(self.invoice.reversal_move_ids)
        self.assertPaidAndKnown(tx)

    def test_a_void_that_is_refused_sends_nothing_back(self):
        tx = self._pay_and_settle(self.invoice)
        # What was credited is not a line of the invoice: the rest is unclear.
        credit_note = self.invoice._reverse_moves(
            [{"invoice_date": self.invoice.invoice_date}]
        )
        credit_note.invoice_line_ids.price_unit = 20
        credit_note.action_post()
        with self.assertRaisesRegex(UserError, "has been credited"):
            self._void(self.invoice)
        self.assertEqual(self.control.payment(tx.provider_reference)["refunded"], 0)
        self.assertFalse(self._sent("POST", "refunds"))

    def test_a_refund_whose_answer_is_lost_is_booked_when_it_is_known(self):
        tx = self._pay_and_settle(self.invoice)
        self.control.fault("lost_answer", "POST", "/v1/refunds")
        self._void(self.invoice)
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertEqual(tx.payment_id._clinic_get_returnable(), 0)
        self.control.clear_faults()
        self._deliver("charge.refunded")
        self.assertGoneBack(tx, 120)

    # === AN OPEN FORM === #

    def test_the_form_that_is_open_is_closed_before_the_invoice_changes(self):
        tx, _secret = self._start(self.invoice)
        invoice = self.invoice.with_user(self.biller)
        with self.assertRaisesRegex(UserError, "Close Payment Attempts"):
            invoice.button_draft()
        invoice.action_clinic_close_attempts()
        self.assertEqual(tx.state, "cancel")
        invoice.button_draft()

    # === WHO MAY === #

    def test_who_may_refund_may_undo(self):
        tx = self._pay_and_settle(self.invoice)
        with self.assertRaises(AccessError):
            self._reverse(tx.payment_id, user=self.biller)
        self._reverse(tx.payment_id, amount=20, user=self.refunder)
        self._void(self.invoice, user=self.refunder)
        self.assertGoneBack(tx, 120)

    def test_who_may_refund_may_release_an_authorisation(self):
        tx = self._authorise(self.invoice)
        for record, method in (
            (tx, "action_void"),
            (self.invoice, "payment_action_void"),
        ):
            with self.assertRaises(AccessError):
                getattr(record.with_user(self.biller), method)()
        self.assertEqual(tx.state, "authorized")
        self.assertFalse(self.invoice.with_user(self.biller).clinic_may_release)
        self.assertTrue(self.invoice.with_user(self.refunder).clinic_may_release)
        self.invoice.with_user(self.refunder).payment_action_void()
        self.assertEqual(tx.state, "cancel")
        self.assertEqual(self.invoice.amount_residual, 120)
        told = self.control.payment(tx.provider_reference)
        self.assertEqual((told["captured"], told["refunded"]), (0, 0))

    def test_billers_release_what_other_providers_have_authorised(self):
        self.assertTrue(self.invoice.with_user(self.biller).clinic_may_release)

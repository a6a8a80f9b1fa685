from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestProviderRefunds(OnlineCommon):
    """A provider that can refund is asked to, whichever it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.paid_state = cls.bill._get_invoice_in_payment_state()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self._go_online(self.provider)
        self.sent = []
        self._let_provider_refund("done")
        self.payment = self._pay_online()

    def _let_provider_refund(self, answer, support="partial"):
        """Let the provider answer refunds in this way.

        It is of no kind that Odoo knows, and does what a provider's addon would.
        """

        def compute_support(providers):
            original(providers)
            providers.filtered(
                lambda each: each.code == "clinic_test"
            ).support_refund = support

        def send(refund):
            self.sent.append(-refund.amount)
            if answer != "draft":
                refund._update_state(("draft",), answer, "Too late")

        providers = type(self.provider)
        original = providers._compute_feature_support_fields
        self.patch(providers, "_compute_feature_support_fields", compute_support)
        self.patch(type(self.env["payment.transaction"]), "_send_refund_request", send)
        self.provider.invalidate_recordset(["support_refund"])
        self.payment_method.support_refund = "partial"

    def _pay_online(self):
        return self._book_attempt(self._attempt(self.bill, reference="online"))

    def _open(self, mode="refund", amount=None):
        payment = self.payment.with_user(self.manager)
        action = payment.action_clinic_reverse_payment()
        model = self.env[action["res_model"]].with_user(self.manager)
        form = Form(model.with_context(**action["context"]))
        form.mode = mode
        if amount:
            form.amount = amount
        form.reason = "Wrong card"
        return form

    def _reverse(self, mode="refund", amount=None):
        return self._open(mode, amount).save().action_confirm()

    def _get_refunds(self):
        return self.payment.payment_transaction_id.child_transaction_ids

    def assertGoneBack(self, amount, outbound=None):
        """It is booked by exactly one payment, and nothing else is open."""
        outbound = outbound or self.payment.clinic_reversal_ids
        self.assertRecordValues(outbound, [{"amount": amount}])
        for each in self.payment | outbound:
            lines = each._clinic_get_receivable_lines()
            self.assertEqual(set(lines.mapped("reconciled")), {True}, each.name)
        self.assertEqual(self.bill.amount_residual, amount)

    def test_the_provider_is_asked_and_its_refund_is_booked(self):
        form = self._open(amount=30)
        self.assertIn("is sent back by", form.effect)
        form.save().action_confirm()
        self.assertEqual(self.sent, [30])
        self.assertGoneBack(30)
        outbound = self.payment.clinic_reversal_ids
        self.assertEqual(outbound.payment_transaction_id, self._get_refunds())

    def test_a_refund_that_is_confirmed_later_is_booked_then(self):
        for answer in ("pending", "draft"):
            self.sent.clear()
            self._let_provider_refund(answer)
            outcome = self._reverse(amount=10)
            self.assertIn("on its way", outcome["params"]["message"])
            self.assertEqual(self.sent, [10])
            refund = self._get_refunds().filtered(lambda tx: tx.state != "done")
            self.assertEqual(refund.state, answer)
            with self.assertRaisesRegex(UserError, "has not confirmed"):
                self._reverse(amount=10)
            self.assertEqual(self.sent, [10])
            refund._set_done()
            refund._post_process()
            self.assertEqual(refund.payment_id.amount, 10)
        self.assertEqual(self.bill.amount_residual, 20)

    def test_what_the_provider_never_confirms_is_confirmed_by_people(self):
        self._let_provider_refund("pending")
        self._reverse(amount=30)
        self._reverse("already_refunded", amount=30)
        self.assertEqual(self.sent, [30])
        self.assertGoneBack(30)
        refund = self._get_refunds()
        self.assertEqual(refund.state, "done")
        # The confirmation comes after all.
        refund._set_done()
        refund._post_process()
        self.assertGoneBack(30)

    def test_a_refusal_changes_nothing(self):
        self._let_provider_refund("error")
        with self.assertRaisesRegex(UserError, "Too late"):
            self._reverse()
        self.env.invalidate_all()
        self.assertEqual(self.bill.payment_state, self.paid_state)
        self.assertEqual(self.payment._clinic_get_returnable(), 100)

    def test_a_charge_that_is_dropped_before_it_is_settled_has_gone_back(self):
        self._let_provider_refund("cancel")
        self._reverse()
        self.assertEqual(self.sent, [100])
        self.assertGoneBack(100)

    def test_no_part_goes_back_by_who_refunds_all_or_nothing(self):
        self._let_provider_refund("done", support="full_only")
        with self.assertRaisesRegex(UserError, "not a part"):
            self._reverse(amount=30)
        self.assertFalse(self.sent)
        self._reverse()
        self.assertGoneBack(100)

    def test_no_more_is_sent_than_came(self):
        self._reverse(amount=60)
        with self.assertRaises(ValidationError):
            self._reverse(amount=41)
        self.assertEqual(self.sent, [60])

    def test_a_void_is_sent_as_well(self):
        action = self.bill.with_user(self.manager).action_clinic_void()
        model = self.env[action["res_model"]].with_user(self.manager)
        form = Form(model.with_context(**action["context"]))
        form.reason = "Wrong client"
        form.save().action_confirm()
        self.assertEqual(self.sent, [100])
        self.assertEqual(self.bill.payment_state, "reversed")

    def test_who_cannot_refund_leaves_it_to_people(self):
        self._let_provider_refund("done", support="none")
        form = self._open(amount=30)
        self.assertIn("Hand it out yourself", form.effect)
        form.save().action_confirm()
        self.assertFalse(self.sent)
        self.assertGoneBack(30)

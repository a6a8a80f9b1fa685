from odoo.exceptions import (
    AccessError,
    RedirectWarning,
    UserError,
    ValidationError,
)
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestReversal(ClinicInvoicingCommon):
    """Managers take payments back, from the payment's form, and nobody else does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service()
        cls.bill = cls._invoice(cls.service)
        cls.payment = cls._pay(cls.bill)
        cls.env.flush_all()

    def _open(self, payment=None, user=None):
        """Return the wizard that the payment's button opens."""
        payment = (payment or self.payment).with_user(user or self.manager)
        action = payment.action_clinic_reverse_payment()
        model = self.env[action["res_model"]].with_user(user or self.manager)
        return Form(model.with_context(**action["context"]))

    def _reverse(self, mode, amount=None, reason="Wrong card", payment=None):
        form = self._open(payment)
        form.mode = mode
        if amount is not None:
            form.amount = amount
        form.reason = reason
        return form.save().action_confirm()

    def _get_notes(self, record):
        record.invalidate_recordset(["message_ids"])
        return [html2plaintext(message.body) for message in record.message_ids]

    # === WHAT IS SUGGESTED === #

    def test_all_of_a_payment_is_suggested(self):
        self.assertEqual(self._open().amount, 100)

    def test_what_is_left_of_a_payment_is_suggested(self):
        other = self._invoice(self._create_service())
        payment = self.payment.copy({"amount": 130})
        payment.action_post()
        (payment.move_id | other).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        form = self._open(payment)
        self.assertEqual((form.amount, form.mode), (30, "refund"))
        self.assertIn("No invoice becomes unpaid", form.effect)
        form.mode = "never_charged"
        self.assertEqual(form.amount, 130)

    # === THE THREE MODES === #

    def test_a_payment_that_never_was_is_called_off(self):
        self._reverse("never_charged", reason="Typed twice")
        self.assertEqual(self.payment.state, "canceled")
        self.assertFalse(self.payment.clinic_reversal_ids)
        self.assertRecordValues(
            self.bill, [{"payment_state": "not_paid", "amount_residual": 100}]
        )
        self.assertEqual(self.service.state, "invoiced")

    def test_money_that_goes_back_now_opens_the_invoice(self):
        self._reverse("refund")
        outbound = self.payment.clinic_reversal_ids
        self.assertRecordValues(outbound, [{"amount": 100, "payment_type": "outbound"}])
        for payment in self.payment | outbound:
            lines = payment._clinic_get_receivable_lines()
            self.assertEqual(lines.mapped("reconciled"), [True])
        self.assertEqual(self.bill.payment_state, "not_paid")
        self.assertEqual(self.service.state, "invoiced")

    def test_what_went_back_already_is_only_booked(self):
        self._reverse("already_refunded", amount=40)
        self.assertEqual(self.payment.clinic_reversal_ids.amount, 40)
        self.assertRecordValues(
            self.bill, [{"payment_state": "partial", "amount_residual": 40}]
        )

    def test_a_payment_too_many_goes_back_and_the_invoice_stays_paid(self):
        duplicate = self.env["account.payment"].create(
            {"amount": 100, "partner_id": self.client.id}
        )
        duplicate.action_post()
        form = self._open(duplicate)
        form.mode = "refund"
        self.assertIn("No invoice becomes unpaid", form.effect)
        form.reason = "Paid twice"
        form.save().action_confirm()
        self.assertEqual(
            (duplicate | duplicate.clinic_reversal_ids).mapped("is_reconciled"),
            [True, True],
        )
        self.assertEqual(self.service.state, "paid")

    # === WHAT THE WIZARD SHOWS === #

    def test_the_wizard_says_which_invoices_are_open_again(self):
        form = self._open()
        form.mode = "refund"
        form.amount = 30
        name = self.bill.name
        self.assertIn(f"$\xa030.00 of {name} is owed again", form.effect)
        form.mode = "never_charged"
        self.assertIn(f"$\xa0100.00 of {name} is owed again", form.effect)
        self.assertEqual(form.amount, 100)

    def test_a_reason_is_required(self):
        form = self._open()
        with self.assertRaisesRegex(AssertionError, "reason is a required field"):
            form.save()

    def test_the_record_says_who_what_and_why(self):
        self._reverse("refund", amount=30, reason="Wrong <b>card</b>")
        outbound = self.payment.clinic_reversal_ids
        for record in (self.payment, outbound, self.bill):
            note = self._get_notes(record)[0]
            self.assertIn("30.00", note)
            self.assertIn(self.payment.name, note)
            self.assertIn("By Mona Manager. Reason: Wrong <b>card</b>", note)

    # === HOW MUCH === #

    def test_no_more_goes_back_than_came(self):
        for amount in (100.01, -1):
            with self.assertRaises(ValidationError):
                self._reverse("refund", amount=amount)
        self._reverse("refund", amount=60)
        with self.assertRaisesRegex(ValidationError, "40.00"):
            self._reverse("already_refunded", amount=60)
        self._reverse("refund", amount=40)
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._open()

    def test_money_that_went_back_is_not_reversed_itself(self):
        self._reverse("refund")
        with self.assertRaisesRegex(UserError, "given back"):
            self._open(self.payment.clinic_reversal_ids)

    def test_what_a_bank_statement_shows_was_charged(self):
        statement_line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.payment.journal_id.id,
                "amount": 100,
                "payment_ref": "Transfer",
                "partner_id": self.client.id,
            }
        )
        _liquidity, suspense, _other = statement_line._seek_for_lines()
        outstanding = self.payment._seek_for_lines()[0]
        suspense.account_id = outstanding.account_id
        (suspense | outstanding).reconcile()
        with self.assertRaisesRegex(UserError, "bank statement"):
            self._reverse("never_charged")

    # === THE HABIT OF A NEGATIVE AMOUNT === #

    def _type(self, amount, bill, user=None):
        """Return what the dialog does with an amount that is typed on an invoice."""
        user = user or self.manager
        action = bill.with_user(user).action_register_payment()
        model = self.env[action["res_model"]].with_user(user)
        form = Form(model.with_context(**action["context"]))
        form.amount = amount
        return form.save().action_create_payments()

    def _open_action(self, action):
        model = self.env[action["res_model"]].with_user(self.manager)
        return Form(model.with_context(**action["context"]))

    def test_a_negative_amount_in_the_dialog_leads_to_the_payment_it_is_for(self):
        bill = self._invoice(self._create_service())
        payment = self._pay(bill, 70)
        # Another one of the same client, and of the same amount as was typed.
        self._pay(self._invoice(self._create_service()), 20)
        form = self._open_action(self._type(-20, bill))
        self.assertEqual(form.payment_id, payment)
        self.assertEqual(form.amount, 20)
        form.mode = "refund"
        form.reason = "Too much"
        form.save().action_confirm()
        self.assertEqual(bill.amount_residual, 50)

    def test_a_negative_amount_finds_the_payment_of_that_amount(self):
        bill = self._invoice(self._create_service())
        form = self._open_action(self._type(-100, bill))
        self.assertEqual(form.payment_id, self.payment)

    def test_a_negative_payment_leads_to_the_reversal(self):
        model = self.env["account.payment"].with_user(self.manager)
        values = {"partner_id": self.client.id, "amount": -100}
        with self.assertRaises(RedirectWarning) as caught:
            model.create(values)
        message, action, button = caught.exception.args[:3]
        self.assertIn("never negative", message)
        self.assertEqual(button, "Reverse Payment")
        form = self._open_action(action)
        self.assertEqual((form.payment_id, form.amount), (self.payment, 100))
        draft = model.create({**values, "amount": 1})
        with self.assertRaises(RedirectWarning):
            draft.amount = -100

    def test_a_negative_amount_without_a_payment_is_refused_in_words(self):
        bill = self._invoice(self._create_service(patient=self.other_client))
        with self.assertRaisesRegex(UserError, "no payment of this client"):
            self._type(-5, bill)
        with self.assertRaisesRegex(UserError, "no payment of this client"):
            self.env["account.payment"].create(
                {"partner_id": self.other_client.id, "amount": -5}
            )
        with self.assertRaisesRegex(UserError, "never negative"):
            self._pay(bill, -5)

    def test_a_negative_amount_gives_billers_no_right(self):
        bill = self._invoice(self._create_service())
        with self.assertRaisesRegex(AccessError, "Only managers"):
            self._type(-20, bill, self.biller)

    # === WHO MAY === #

    def test_only_managers_see_the_button(self):
        for user, expected in ((self.manager, True), (self.biller, False)):
            payment = self.payment.with_user(user)
            self.assertEqual(payment.clinic_may_undo, expected)
        for user in (self.biller, self.front_desk, self.client_user):
            with self.assertRaises(AccessError):
                self.payment.with_user(user).action_clinic_reverse_payment()

    def test_nobody_else_reverses_a_payment_with_a_wizard_of_their_own(self):
        values = {"payment_id": self.payment.id, "mode": "refund", "reason": "Mine"}
        for user in (self.biller, self.front_desk, self.client_user):
            model = self.env["clinic.payment.reversal"].with_user(user)
            with self.assertRaises(AccessError):
                model.create(values)
            wizard = model.sudo().create(values).sudo(False)
            with self.assertRaises(AccessError):
                wizard.action_confirm()
        self.assertFalse(self.payment.clinic_reversal_ids)

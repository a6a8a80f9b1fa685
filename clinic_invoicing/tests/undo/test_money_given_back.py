from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestMoneyGivenBack(ClinicInvoicingCommon):
    """Money that goes back leaves nothing open that need not be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first, second = cls._create_services(2)
        cls.bill = cls._invoice(first)
        cls.second_bill = cls._invoice(second)
        cls.bill.invoice_date_due = "2024-04-30"
        cls.second_bill.invoice_date_due = "2024-05-31"
        cls.bills = cls.bill | cls.second_bill
        cls.paid_state = cls.bill._get_invoice_in_payment_state()
        cls.env.flush_all()

    def assertOpen(self, payments, amounts):
        """Compare what is open on the receivable lines of payments."""
        for payment, amount in zip(payments, amounts, strict=True):
            lines = payment._clinic_get_receivable_lines()
            self.assertEqual(
                sum(lines.mapped("amount_residual_currency")), amount, payment.name
            )

    def assertDue(self, *amounts):
        self.assertEqual(self.bills.mapped("amount_residual"), list(amounts))

    # === GIVING BACK === #

    def test_all_that_goes_back_opens_the_invoice_again(self):
        payment = self._pay(self.bill)
        outbound = payment._clinic_give_back(100, "Wrong card")
        self.assertRecordValues(
            outbound,
            [
                {
                    "payment_type": "outbound",
                    "partner_type": "customer",
                    "amount": 100,
                    "state": "paid",
                    "journal_id": payment.journal_id.id,
                    "payment_method_line_id": payment.payment_method_line_id.id,
                    "outstanding_account_id": payment.outstanding_account_id.id,
                    "clinic_reversed_payment_id": payment.id,
                    "clinic_reopened_invoice_ids": self.bill.ids,
                    "is_reconciled": True,
                }
            ],
        )
        self.assertOpen(payment | outbound, [0, 0])
        self.assertRecordValues(self.bill, [{"payment_state": "not_paid"}])
        self.assertDue(100, 100)
        self.assertEqual(payment._clinic_get_returnable(), 0)
        self.assertFalse(self.bill.reconciled_payment_ids)

    def test_nothing_is_in_process_of_what_went_back(self):
        payment = self._pay(self.bills)
        self.assertEqual(payment.state, "paid")
        first = payment._clinic_give_back(150, "Wrong card")
        second = payment._clinic_give_back(50, "Wrong card")
        payments = payment | first | second
        self.assertEqual(payments.mapped("state"), ["paid"] * 3)
        wizard = self._open_pay_dialog(self.bill)
        self.assertNotIn("unpaid_matched_payments", wizard.actionable_errors or {})
        payment._clinic_undo_net(second)
        self.assertEqual(second.state, "canceled")
        self.assertEqual(payment.state, "in_process")

    def test_pay_does_not_warn_of_what_went_back_in_part(self):
        payment = self._pay(self.bills)
        payment._clinic_give_back(100, "Wrong card")
        wizard = self._open_pay_dialog(self.second_bill)
        self.assertNotIn("unpaid_matched_payments", wizard.actionable_errors or {})

    def _open_pay_dialog(self, bill):
        wizards = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        )
        return wizards.create({})

    def test_only_as_much_as_is_needed_is_taken_off_the_last_invoice(self):
        payment = self._pay(self.bills)
        self.assertEqual(payment.amount, 200)
        self.assertEqual(payment._clinic_get_reopening(30), {self.second_bill: 30})
        outbound = payment._clinic_give_back(30, "Too much")
        self.assertOpen(payment | outbound, [0, 0])
        self.assertDue(0, 30)
        self.assertEqual(payment._clinic_get_returnable(), 170)
        outbound |= payment._clinic_give_back(120, "Too much")
        self.assertOpen(payment | outbound, [0, 0, 0])
        self.assertDue(50, 100)
        outbound |= payment._clinic_give_back(50, "Too much")
        self.assertOpen(payment | outbound, [0, 0, 0, 0])
        self.assertDue(100, 100)

    def test_what_is_shown_before_is_what_is_open_after_it_went_back(self):
        # Of what is due the same day Odoo pays the smaller first.
        small = self._invoice(self._create_service(price_unit=20))
        small.invoice_date_due = self.bill.invoice_date_due
        payment = self._pay(self.bill | small)
        self.assertEqual(payment._clinic_get_reopening(30), {small: 20, self.bill: 10})
        payment._clinic_give_back(30, "Too much")
        self.assertEqual((small.amount_residual, self.bill.amount_residual), (20, 10))

    def test_open_credit_goes_back_first(self):
        payment = self._pay(self.bill, 130)
        self.assertOpen(payment, [-30])
        outbound = payment._clinic_give_back(20, "Paid too much")
        self.assertOpen(payment | outbound, [-10, 0])
        self.assertDue(0, 100)
        outbound |= payment._clinic_give_back(20, "Paid too much")
        self.assertOpen(payment | outbound, [0, 0, 0])
        self.assertDue(10, 100)

    def test_netting_twice_changes_nothing(self):
        payment = self._pay(self.bills)
        outbound = payment._clinic_give_back(30, "Too much")
        before = payment.move_id.line_ids.matched_debit_ids
        payment._clinic_net_against(outbound)
        self.assertEqual(payment.move_id.line_ids.matched_debit_ids, before)
        self.assertEqual(outbound.clinic_reopened_invoice_ids, self.second_bill)

    def test_a_discount_falls_with_the_last_of_the_payment(self):
        self.bill.button_draft()
        self.bill.invoice_payment_term_id = self._create_discount_term()
        self.bill.action_post()
        payment = self._pay(self.bill)
        self.assertEqual(payment.amount, 98)
        self.assertDue(0, 100)
        outbound = payment._clinic_give_back(40, "Wrong card")
        self.assertOpen(payment | outbound, [0, 0])
        self.assertDue(40, 100)
        self.assertEqual(payment._clinic_get_reopening(58), {self.bill: 60})
        outbound |= payment._clinic_give_back(58, "Wrong card")
        self.assertOpen(payment | outbound, [0, 0, 0])
        self.assertDue(100, 100)
        discounts = (payment | outbound).mapped(lambda pay: pay._seek_for_lines()[2])
        self.assertEqual(sum(discounts.mapped("balance")), 0)

    def test_each_receivable_account_gets_its_own_back(self):
        other_account = self.bill.line_ids.account_id.filtered(
            lambda account: account.account_type == "asset_receivable"
        ).copy({"code": "121999"})
        self.second_bill.button_draft()
        self.second_bill.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id = other_account
        self.second_bill.action_post()
        payment = self.env["account.payment"].create(
            {
                "amount": 200,
                "partner_id": self.client.id,
                "write_off_line_vals": [
                    {
                        "name": "Second invoice",
                        "account_id": other_account.id,
                        "partner_id": self.client.id,
                        "currency_id": self.practice.currency_id.id,
                        "amount_currency": -100,
                        "balance": -100,
                    }
                ],
            }
        )
        payment.action_post()
        payment._clinic_pay_invoices(self.bills)
        self.assertDue(0, 0)
        outbound = payment._clinic_give_back(150, "Wrong card")
        self.assertOpen(payment | outbound, [0, 0])
        self.assertEqual(sum(self.bills.mapped("amount_residual")), 150)
        outbound |= payment._clinic_give_back(50, "Wrong card")
        self.assertOpen(payment | outbound, [0, 0, 0])
        self.assertDue(100, 100)

    def test_another_currency_goes_back_as_it_came(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5)])
        self.bill.button_draft()
        self.bill.currency_id = euro
        self.bill.action_post()
        due = self.bill.amount_residual
        payment = self._pay(self.bill)
        self.assertEqual((payment.currency_id, payment.amount), (euro, due))
        # The rate of today differs, so that there is an exchange difference.
        euro.rate_ids.create(
            {"name": "2025-01-01", "rate": 0.25, "currency_id": euro.id}
        )
        outbound = payment._clinic_give_back(due / 4, "Too much")
        self.assertOpen(payment | outbound, [0, 0])
        self.assertEqual(self.bill.amount_residual, due / 4)
        outbound |= payment._clinic_give_back(due - due / 4, "All of it")
        self.assertOpen(payment | outbound, [0, 0, 0])
        self.assertEqual(self.bill.amount_residual, due)
        for pay in payment | outbound:
            self.assertTrue(
                all(pay._clinic_get_receivable_lines().mapped("reconciled")), pay.name
            )

    def test_no_more_than_is_left_may_go_back(self):
        payment = self._pay(self.bill)
        payment._clinic_give_back(60, "Too much")
        payment._clinic_check_returnable(40)
        for amount in (40.01, 0, -1):
            with self.assertRaises(ValidationError):
                payment._clinic_check_returnable(amount)
        outbound = payment.clinic_reversal_ids
        with self.assertRaises(ValidationError):
            outbound._clinic_check_returnable(1)

    # === IT WAS NOT GIVEN BACK === #

    def test_what_has_not_gone_back_after_all_pays_the_invoice_again(self):
        payment = self._pay(self.bills)
        outbound = payment._clinic_give_back(130, "Too much")
        self.assertDue(30, 100)
        payment._clinic_undo_net(outbound)
        self.assertEqual(outbound.state, "canceled")
        self.assertOpen(payment, [0])
        self.assertDue(0, 0)
        self.assertRecordValues(self.bills, [{"payment_state": self.paid_state}] * 2)
        self.assertEqual(payment._clinic_get_returnable(), 200)

    def test_what_has_not_gone_back_is_credit_when_it_was_paid_again(self):
        payment = self._pay(self.bill)
        outbound = payment._clinic_give_back(100, "Wrong card")
        self._pay(self.bill)
        payment._clinic_undo_net(outbound)
        self.assertOpen(payment, [-100])
        self.assertDue(0, 100)

    def test_a_locked_entry_that_was_not_is_reversed(self):
        payment = self._pay(self.bill)
        outbound = payment._clinic_give_back(100, "Wrong card")
        self._lock(outbound.move_id)
        payment._clinic_undo_net(outbound)
        self.assertRecordValues(outbound, [{"state": "canceled"}])
        self.assertEqual(outbound.move_id.state, "posted")
        lines = outbound.move_id.line_ids | outbound.move_id.reversal_move_ids.line_ids
        self.assertEqual(sum(lines.mapped("balance")), 0)
        self.assertTrue(
            all(
                lines.filtered(lambda line: line.account_id.reconcile).mapped(
                    "reconciled"
                )
            )
        )
        self.assertDue(0, 100)

    # === IT NEVER WAS === #

    def _lock(self, move):
        move.journal_id.restrict_mode_hash_table = True
        move.button_hash()
        self.assertTrue(move.inalterable_hash)

    def test_a_typing_error_is_cancelled(self):
        payment = self._pay(self.bills)
        payment._clinic_call_off("Typed twice")
        self.assertEqual(payment.state, "canceled")
        self.assertDue(100, 100)
        self.assertFalse(payment._clinic_get_returnable())

    def test_a_typing_error_in_a_locked_journal_is_reversed(self):
        payment = self._pay(self.bills)
        self._lock(payment.move_id)
        payment._clinic_call_off("Typed twice")
        self.assertEqual(payment.state, "canceled")
        self.assertEqual(payment.move_id.state, "posted")
        self.assertEqual(payment.move_id.reversal_move_ids.state, "posted")
        self.assertDue(100, 100)
        self.assertOpen(payment, [0])
        self.assertFalse(self.bills.reconciled_payment_ids)

    def test_a_typing_error_in_a_closed_period_is_reversed_today(self):
        payment = self._pay(self.bill)
        self.practice.fiscalyear_lock_date = "2024-12-31"
        payment._clinic_call_off("Typed twice")
        self.assertEqual(payment.state, "canceled")
        self.assertEqual(str(payment.move_id.date), "2024-04-02")
        self.assertGreater(str(payment.move_id.reversal_move_ids.date), "2024-12-31")
        self.assertDue(100, 100)

    def test_what_went_back_in_part_was_no_typing_error(self):
        payment = self._pay(self.bill)
        payment._clinic_give_back(10, "Too much")
        with self.assertRaisesRegex(UserError, "has been given back"):
            payment._clinic_call_off("Typed twice")

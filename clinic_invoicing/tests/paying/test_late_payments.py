from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestLatePayments(OnlineCommon):
    """Money that is under way, and invoices that change meanwhile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.paid_state = cls.bill._get_invoice_in_payment_state()
        cls.provider.support_refund = "partial"
        cls.env.flush_all()

    def _start(self, invoices=None, amount=100, **values):
        """Return a transaction for the bill that is made and not settled."""
        values.setdefault("reference", f"attempt-{amount}-{len(values)}")
        return self._attempt(invoices or self.bill, amount, **values)

    def _make_old(self, tx, minutes):
        created = fields.Datetime.now() - timedelta(minutes=minutes)
        tx.flush_recordset()
        # SQL: the ORM sets the date itself.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
            [created, tx.id],
        )
        tx.invalidate_recordset(["create_date"])

    def assertFrozen(self, text):
        bill = self.bill.with_user(self.biller)
        for method in ("button_draft", "button_cancel"):
            with self.assertRaisesRegex(UserError, text):
                getattr(bill, method)()
        self.assertEqual(self.bill.state, "posted")

    # === NO CHANGE WHILE SOMEBODY PAYS === #

    def test_an_invoice_is_not_reset_while_its_payment_is_under_way(self):
        self._go_online(self.provider)
        for state in ("pending", "authorized", "done"):
            self.provider.support_manual_capture = "full_only"
            tx = self._start(state=state, reference=state)
            self.assertFrozen("on its way")
            tx.state = "cancel"
        self.bill.with_user(self.biller).button_draft()
        self.assertEqual(self.bill.state, "draft")

    def test_an_invoice_is_not_reset_while_its_payment_form_is_open(self):
        tx = self._start()
        self.assertTrue(self.bill.clinic_is_being_paid)
        self.assertFrozen("Close Payment Attempts")
        self._make_old(tx, 29)
        self.assertFrozen("Close Payment Attempts")
        self._make_old(tx, 31)
        self.bill.with_user(self.biller).button_draft()

    def test_an_attempt_that_cannot_be_closed_is_named(self):
        tx = self._start()
        with self.assertRaisesRegex(UserError, tx.reference):
            self.bill.with_user(self.biller).action_clinic_close_attempts()
        self.assertFrozen("Close Payment Attempts")

    def test_wire_transfers_that_may_never_arrive_freeze_nothing(self):
        self.provider.code = "none"
        self._start(state="pending")
        self.bill.with_user(self.biller).button_draft()
        self.assertEqual(self.bill.state, "draft")

    # === MONEY THAT COMES LATE === #

    def test_an_invoice_that_is_corrected_is_not_posted_by_its_payment(self):
        tx = self._start()
        self._make_old(tx, 60)
        self.bill.button_draft()
        payment = self._book_attempt(tx)
        self.assertEqual(self.bill.state, "draft")
        self.assertEqual(payment.state, "in_process")
        self.assertEqual(payment.clinic_amount_unallocated, 100)
        self.assertEqual(tx.invoice_ids, self.bill)
        self.assertEqual(
            payment.activity_ids.mapped("summary"), ["A payment is not allocated"]
        )
        self.assertIn(self.bill.name, payment.activity_ids.note)
        self.practice.clinic_use_held_money = False
        self.bill.action_post()
        payment.action_clinic_allocate()
        self.assertEqual(self.bill.payment_state, self.paid_state)

    def test_money_that_came_during_the_correction_pays_what_is_posted(self):
        tx = self._start()
        self._make_old(tx, 60)
        self.bill.button_draft()
        payment = self._book_attempt(tx)
        self.bill.action_post()
        self.assertEqual(self.bill.payment_state, self.paid_state)
        self.assertFalse(payment.clinic_amount_unallocated)

    def test_money_for_a_cancelled_invoice_is_told(self):
        tx = self._start()
        self._make_old(tx, 60)
        self.bill.button_cancel()
        payment = self._book_attempt(tx)
        self.assertEqual(payment.clinic_amount_unallocated, 100)
        self.assertTrue(payment.activity_ids)

    def test_money_that_came_twice_is_told_once(self):
        first = self._book_attempt(self._start(reference="first"))
        self.assertFalse(first.activity_ids)
        tx = self._start(reference="second")
        second = self._book_attempt(tx)
        tx._post_process()
        self.assertEqual(len(second.activity_ids), 1)
        self.assertEqual(second.clinic_amount_unallocated, 100)

    def test_a_draft_that_was_never_posted_is_posted_as_before(self):
        draft = self.bill.copy()
        payment = self._book_attempt(self._start(draft))
        self.assertEqual(draft.state, "posted")
        self.assertEqual(draft.payment_state, self.paid_state)
        self.assertFalse(payment.clinic_amount_unallocated)

    # === SEVERAL RECEIVABLE ACCOUNTS === #

    def _split_accounts(self, code="121999"):
        """Return the bill, and one on another receivable account."""
        second = self._invoice(self._create_service())
        term = second.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        second.button_draft()
        term.account_id = term.account_id.copy({"code": code})
        second.action_post()
        return self.bill | second

    def test_invoices_on_two_receivable_accounts_are_both_paid(self):
        bills = self._split_accounts()
        payment = self._book_attempt(self._start(bills, 200))
        self.assertEqual(bills.mapped("payment_state"), [self.paid_state] * 2)
        self.assertEqual(payment.amount, 200)
        self.assertFalse(payment.clinic_amount_unallocated)
        self.assertTrue(payment.is_reconciled)

    def test_a_part_is_paid_on_the_accounts_in_the_order_of_the_due_dates(self):
        bills = self._split_accounts()
        payment = self._book_attempt(self._start(bills, 150))
        self.assertEqual(sum(bills.mapped("amount_residual")), 50)
        self.assertFalse(payment.clinic_amount_unallocated)
        payment._clinic_give_back(150, "Wrong card")
        self.assertEqual(bills.mapped("amount_residual"), [100, 100])

    def test_what_is_still_open_is_paid_on_its_own_account(self):
        for paid in (0, 1):
            bills = self._split_accounts(f"12199{paid}")
            tx = self._start(bills, 200, reference=f"both-{paid}")
            self._pay(bills[paid])
            payment = self._book_attempt(tx)
            self.assertEqual(bills.mapped("amount_residual"), [0, 0])
            self.assertEqual(payment.clinic_amount_unallocated, 100)
            lines = payment._clinic_get_receivable_lines()
            self.assertIn(lines.account_id, bills[1 - paid].line_ids.account_id)
            self.bill = self._invoice(self._create_service())

    def test_the_account_that_is_due_first_need_not_be_that_of_the_first_invoice(self):
        for first in (0, 1):
            bills = self._split_accounts(f"12198{first}")
            terms = bills.line_ids.filtered(lambda x: x.display_type == "payment_term")
            terms.date_maturity = "2024-05-01"
            terms[first].date_maturity = "2024-04-01"
            payment = self._book_attempt(
                self._start(bills, 150, reference=f"due-{first}")
            )
            left = [50, 50]
            left[bills.ids.index(terms[first].move_id.id)] = 0
            self.assertEqual(bills.mapped("amount_residual"), left)
            self.assertFalse(payment.clinic_amount_unallocated)
            self.bill = self._invoice(self._create_service())

    # === REFUNDS BY TRANSACTION === #

    def _refund(self, tx, amount):
        refund = tx._create_child_transaction(amount, is_refund=True)
        return self._book_attempt(refund)

    def test_a_refund_is_reconciled_with_its_payment(self):
        tx = self._start()
        payment = self._book_attempt(tx)
        outbound = self._refund(tx, 30)
        self.assertEqual(outbound.clinic_reversed_payment_id, payment)
        self.assertTrue(outbound.is_reconciled)
        self.assertTrue(payment.is_reconciled)
        self.assertEqual(self.bill.amount_residual, 30)
        self.assertEqual(payment._clinic_get_returnable(), 70)
        outbound |= self._refund(tx, 70)
        self.assertEqual(outbound.mapped("is_reconciled"), [True, True])
        self.assertEqual(self.bill.amount_residual, 100)

    def test_a_refund_gives_back_on_all_the_accounts(self):
        bills = self._split_accounts()
        tx = self._start(bills, 200)
        self._book_attempt(tx)
        outbound = self._refund(tx, 200)
        self.assertTrue(outbound.is_reconciled)
        self.assertEqual(bills.mapped("amount_residual"), [100, 100])

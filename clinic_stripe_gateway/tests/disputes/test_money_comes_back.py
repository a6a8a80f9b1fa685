from odoo.tests import tagged

from .common_disputes import DisputeCommon


@tagged("post_install", "-at_install")
class TestMoneyComesBack(DisputeCommon):
    """Banks take money, and give it back: what it pays then, and who is told."""

    # === THE SAME IS PAID AGAIN === #

    def _bill_due(self, price, due):
        bill = self._bill(price)
        bill.invoice_date_due = due
        return bill

    def test_the_invoices_that_were_open_before_are_open_after_a_won_dispute(self):
        first = self._bill_due(97.75, "2024-04-30")
        second = self._bill_due(97.75, "2024-05-31")
        tx = self._pay_and_settle(second)
        payment = tx.payment_id
        cash = self._pay(first, 50)
        self.assertEqual(first.amount_residual, 47.75)
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual([first.amount_residual, second.amount_residual], [47.75, 0])
        self.assertEqual(second._get_reconciled_payments(), payment)
        self.assertEqual(first._get_reconciled_payments(), cash)

    def test_parts_of_two_invoices_are_the_same_after_a_statement_had_the_money(self):
        first = self._bill_due(97.75, "2024-04-30")
        second = self._bill_due(97.75, "2024-05-31")
        tx = self._pay_and_settle(second | first, amount=150)
        payment = tx.payment_id
        for bill in (first, second):
            payment._clinic_take_off(bill)
        for bill in (second, first):
            payment._clinic_pay_invoices(bill)
        self.assertEqual([first.amount_residual, second.amount_residual], [45.5, 0])
        dispute_id = self._dispute(tx, "created")
        self._match(self._find().withdrawal_id)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertEqual([first.amount_residual, second.amount_residual], [45.5, 0])
        self.assertReconciled(payment)

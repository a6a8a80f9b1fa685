import random
import runpy
from datetime import timedelta
from pathlib import Path

from odoo.tests import tagged

from ..common_online import OnlineCommon

MIGRATION = (
    Path(__file__).parents[2]
    / "migrations"
    / "19.0.1.1.0"
    / "post-former_allocations.py"
)


@tagged("post_install", "-at_install")
class TestMoneyThatComesBack(OnlineCommon):
    """What went back and is here again pays what it had paid, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What one test keeps does not pay what the next one bills.
        cls.practice.clinic_use_held_money = False
        cls.today = cls._get_today()
        cls.first, cls.second = (cls._bill_due(97.75, number) for number in (1, 2))
        cls.bills = cls.first | cls.second
        cls.env.flush_all()

    @classmethod
    def _bill_due(cls, price, number):
        service = cls._create_service(price_unit=price)
        bill = cls._invoice(service, invoice_date=cls.today)
        bill.invoice_date_due = cls.today + timedelta(days=30 * number)
        return bill

    def _get_open(self):
        return [round(bill.amount_residual, 2) for bill in self.bills]

    def assertNothingOpen(self, payments):
        lines = payments._clinic_get_receivable_lines()
        self.assertEqual(set(lines.mapped("reconciled")), {True})

    # === THE SAME INVOICES ARE PAID AS BEFORE === #

    def test_the_invoice_that_was_open_is_open_again(self):
        payment = self._register(150)
        payment._clinic_pay_invoices(self.second)
        payment._clinic_pay_invoices(self.first)
        self.assertEqual(self._get_open(), [45.5, 0])
        back = payment._clinic_give_back(150, "Wrong card")
        self.assertEqual(self._get_open(), [97.75, 97.75])
        payment._clinic_undo_net(back)
        self.assertEqual(self._get_open(), [45.5, 0])
        self.assertNothingOpen(payment)

    def _register(self, amount):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": self.client.id}
        )
        payment.action_post()
        return payment

    def test_parts_of_several_invoices_are_the_same_parts(self):
        payment = self._register(50)
        for bill, part in ((self.first, 30), (self.second, 20)):
            # The rest is paid in cash, and that goes back.
            cash = self._register(97.75 - part)
            cash._clinic_pay_invoices(bill)
            payment._clinic_pay_invoices(bill)
            cash._clinic_give_back(97.75 - part, "Paid by card")
        self.assertEqual(self._get_open(), [67.75, 77.75])
        back = payment._clinic_give_back(50, "Wrong card")
        self.assertEqual(self._get_open(), [97.75, 97.75])
        payment._clinic_undo_net(back)
        self.assertEqual(self._get_open(), [67.75, 77.75])
        self.assertNothingOpen(payment)

    def test_what_went_back_in_two_steps_comes_back_in_any_order(self):
        for order in ((0, 1), (1, 0)):
            with self.subTest(order=order):
                payment = self._pay(self.bills)
                backs = [
                    payment._clinic_give_back(amount, "Wrong card")
                    for amount in (50, 100)
                ]
                self.assertEqual(self._get_open(), [52.25, 97.75])
                payment._clinic_undo_net(backs[order[0]])
                payment._clinic_undo_net(backs[order[1]])
                self.assertEqual(self._get_open(), [0, 0])
                self.assertNothingOpen(payment)
                payment._clinic_give_back(195.5, "All of it")

    def test_whatever_was_allocated_and_went_back_is_the_same_again(self):
        for seed in range(6):
            with self.subTest(seed=seed):
                draw = random.Random(seed)
                bills = [
                    self._bill_due(round(draw.uniform(10, 90), 2), draw.randint(1, 3))
                    for _number in range(3)
                ]
                payment = self._register(round(draw.uniform(40, 150), 2))
                for bill in draw.sample(bills, 3):
                    # Something of each is paid otherwise, perhaps.
                    cash = self._register(round(bill.amount_residual / 3, 2))
                    if draw.random() < 0.7:
                        cash._clinic_pay_invoices(bill)
                    payment._clinic_pay_invoices(bill)
                before = payment._clinic_get_paid_parts()
                backs = self._give_back_at_random(payment, draw)
                for back in draw.sample(backs, len(backs)):
                    payment._clinic_undo_net(back)
                after = payment._clinic_get_paid_parts()
                self.assertEqual(_round(after), _round(before))
                self.assertFalse(payment.clinic_reversal_ids._clinic_get_formers())

    def _give_back_at_random(self, payment, draw):
        """Return the payments by which up to all of a payment went back."""
        backs = []
        for _number in range(draw.randint(1, 3)):
            left = payment._clinic_get_returnable()
            amount = left if draw.random() < 0.3 else round(draw.uniform(0, left), 2)
            if amount >= 0.01:
                backs.append(payment._clinic_give_back(amount, "Wrong card"))
        return backs

    def test_what_was_paid_otherwise_meanwhile_is_credit(self):
        payment = self._pay(self.bills)
        back = payment._clinic_give_back(150, "Wrong card")
        self._pay(self.second)
        payment._clinic_undo_net(back)
        self.assertEqual(self._get_open(), [0, 0])
        self.assertEqual(payment.clinic_amount_unallocated, 97.75)

    def test_an_invoice_that_was_corrected_meanwhile_is_paid_again(self):
        payment = self._pay(self.bills)
        back = payment._clinic_give_back(97.75, "Wrong card")
        self.second.button_draft()
        self.second.invoice_payment_term_id = self.env.ref(
            "account.account_payment_term_advance_60days"
        )
        self.second.action_post()
        payment._clinic_undo_net(back)
        self.assertEqual(self._get_open(), [0, 0])

    def test_what_went_back_before_the_upgrade_is_told_by_invoice(self):
        payment = self._pay(self.bills)
        back = payment._clinic_give_back(150, "Wrong card")
        back._clinic_get_formers().unlink()
        for _time in range(2):
            runpy.run_path(MIGRATION)["migrate"](self.env.cr, "19.0.1.0.0")
        formers = back._clinic_get_formers().sorted("id")
        self.assertEqual(formers.invoice_id.ids, [self.second.id, self.first.id])
        self.assertEqual(formers.mapped("amount"), [97.75, 52.25])
        payment._clinic_undo_net(back)
        self.assertEqual(self._get_open(), [0, 0])

    # === DISCOUNTS === #

    def _pay_early(self):
        """Return a payment of both, in time for their discounts of 2 %."""
        self.client.property_payment_term_id = self._create_discount_term()
        self.first, self.second = (
            self._invoice(
                self._create_service(price_unit=97.75), invoice_date=self.today
            )
            for _number in range(2)
        )
        self.bills = self.first | self.second
        tx = self._attempt(
            self.bills,
            self.bills._clinic_sum_closing(),
            reference=f"early-{self.first.id}",
            clinic_discount_day=self.today,
        )
        payment = self._book_attempt(tx)
        self.assertEqual(self._get_open(), [0, 0])
        return payment

    def _get_discount(self, payment):
        account = self.practice.account_journal_early_pay_discount_loss_account_id
        lines = (payment | payment.clinic_reversal_ids).move_id.line_ids.filtered(
            lambda line: line.account_id == account and line.parent_state == "posted"
        )
        return round(sum(lines.mapped("balance")), 2)

    def test_each_invoice_keeps_its_discount_whatever_went_back_and_came(self):
        for money in ("refund", "keep"):
            for voided, kept in ((0, 1), (1, 0)):
                with self.subTest(money=money, voided=voided):
                    payment = self._pay_early()
                    total = payment.amount
                    payment._clinic_give_back(50, "Too much")
                    self.assertEqual(self._get_open(), [0, 50])
                    taken = payment._clinic_give_back(total - 50, "Disputed")
                    self.assertEqual(self._get_open(), [97.75, 97.75])
                    self.assertEqual(self._get_discount(payment), 0)
                    payment._clinic_undo_net(taken)
                    self.assertEqual(self._get_open(), [0, 50])
                    self.assertEqual(self._get_discount(payment), 3.9)
                    self.bills[voided]._clinic_void("Wrong patient", money=money)
                    self.assertEqual(self._get_open()[kept], (0, 50)[kept])
                    self.assertEqual(self._get_discount(payment), 1.95)
                    left = (45.8, 95.8)[voided]
                    if money == "refund":
                        self.assertEqual(
                            round(payment._clinic_get_returnable(), 2), left
                        )
                        self.assertNothingOpen(payment)
                    else:
                        self.assertEqual(
                            round(payment.clinic_amount_unallocated, 2),
                            round(total - 50 - left, 2),
                        )

    def test_each_invoice_keeps_its_discount_when_the_other_is_voided(self):
        payment = self._pay_early()
        payment._clinic_give_back(50, "Too much")
        self.first._clinic_void("Wrong patient")
        self.assertEqual(self._get_discount(payment), 1.95)
        self.assertEqual(self._get_open(), [0, 50])


def _round(parts):
    return {invoice: round(part, 2) for invoice, part in parts.items()}

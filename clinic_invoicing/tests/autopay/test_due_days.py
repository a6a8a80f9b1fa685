from datetime import timedelta

from odoo.tests import tagged

from ..charges.common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestAutopayByDay(ChargesCommon):
    """Autopay charges each part of an invoice on the day it is due, and not before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._pay(cls.bill)

    def _bill(self, price, *parts):
        """Return an invoice of today that is due in these parts."""
        self.client.property_payment_term_id = self._create_term(*parts)
        service = self._create_service(price_unit=price)
        bill = self._invoice(service, invoice_date=self._in_days(0))
        self.env.flush_all()
        return bill

    def _plan(self, bill, **values):
        self._agree(cap="5000", **values)
        self._run()
        return self._get_charges(bill).sorted("date")

    def test_each_part_is_charged_on_its_day_with_its_notice_in_time(self):
        bill = self._bill(1000, (30, 0), (70, 60))
        first, second = self._plan(bill)
        self.assertRecordValues(
            first | second,
            [
                {
                    "state": "noticed",
                    "amount": 300,
                    "date": self._in_days(3),
                    "next_date": self._in_days(3),
                },
                {
                    "state": "planned",
                    "amount": 700,
                    "date": self._in_days(60),
                    "next_date": self._in_days(57),
                },
            ],
        )
        self.assertEqual(len(self._get_mails("your card will be charged")), 1)
        self._come(first)
        self.assertEqual((self.sent, first.state), ([300], "done"))
        self.assertEqual(bill.amount_residual, 700)
        self.assertEqual(second.state, "planned", "it is told three days before")
        self._run()
        self.assertEqual(self._get_charges(bill), first | second)
        second._set_noticed(second.date)
        self._come(second)
        self.assertEqual((self.sent, second.state), ([300, 700], "done"))
        self.assertEqual(bill.amount_residual, 0)

    def test_nothing_is_charged_before_its_day(self):
        bill = self._bill(100, (100, 30))
        charge = self._plan(bill)
        self.assertEqual((charge.state, charge.date), ("planned", self._in_days(30)))
        self.assertEqual(charge.next_date, self._in_days(27))
        self.assertFalse(self._get_mails("your card will be charged"))

    def test_what_is_due_within_the_notice_is_charged_at_once(self):
        bill = self._bill(100, (50, 0), (50, 2))
        charge = self._plan(bill)
        self.assertEqual((charge.amount, charge.date), (100, self._in_days(3)))

    def test_what_is_put_off_is_planned_for_its_new_day(self):
        bill = self._bill(100, (100, 0))
        charge = self._plan(bill)
        bill.line_ids.filtered("date_maturity").date_maturity = self._in_days(20)
        self._come(charge)
        self.assertEqual((charge.state, self.sent), ("cancelled", []))
        self._run()
        planned = self._get_charges(bill) - charge
        self.assertEqual((planned.state, planned.date), ("planned", self._in_days(20)))

    def test_a_part_that_is_paid_by_hand_is_not_charged(self):
        bill = self._bill(1000, (30, 0), (70, 60))
        first, second = self._plan(bill)
        self._pay(bill, 300)
        self._come(first)
        self.assertEqual((first.state, self.sent), ("done", []))
        self.assertEqual(second.state, "planned")

    def test_a_link_for_one_part_is_closed_when_that_is_paid(self):
        bill = self._bill(1000, (30, 0), (70, 60))
        self._agree(cap="299")
        self._run()
        first, second = self._get_charges(bill).sorted("date")
        self.assertEqual((first.state, second.state), ("link_sent", "planned"))
        self.assertIn("300.00", self._get_mails("please pay").body_html)
        self._pay(bill, 300)
        self.assertEqual((first.state, second.state), ("done", "planned"))

    # === THE LIMIT === #

    def test_those_that_fit_are_charged_and_the_rest_gets_the_link(self):
        term = (100, 0)
        bills = [self._bill(price, term) for price in (60, 150, 40, 10)]
        self._agree(cap="100")
        self._run()
        charged, linked = self._get_charges(bills[2]), self._get_charges(bills[1])
        # Of what is due the same day the smaller is paid first.
        self.assertEqual((charged.state, charged.amount), ("noticed", 50))
        self.assertEqual(charged.invoice_ids, bills[2] | bills[3])
        self.assertEqual((linked.state, linked.amount), ("link_sent", 210))
        self.assertEqual(linked.invoice_ids, bills[0] | bills[1])
        self._come(charged)
        self.assertEqual(self.sent, [50])

    def test_a_limit_that_is_lowered_after_the_notices_leaves_the_first(self):
        first_bill = self._bill(60, (100, 0))
        self._agree(cap="200")
        self._run()
        second_bill = self._bill(70, (100, 0))
        self._run()
        first, second = map(self._get_charges, (first_bill, second_bill))
        self.assertEqual((first.state, second.state), ("noticed", "noticed"))
        first.autopay_id.cap = 100
        self._come(first)
        self.assertEqual(self.sent, [60])

    def test_what_is_planned_later_for_the_same_day_counts_together(self):
        self._bill(60, (100, 0))
        self._agree(cap="100")
        self._run()
        later = self._bill(60, (100, 0))
        self._run()
        self.assertEqual(self._get_charges(later).state, "link_sent")
        self.assertIn("limit", self._get_mails("please pay").body_html)
        small = self._bill(40, (100, 0))
        self._run()
        self.assertEqual(self._get_charges(small).state, "noticed")

    # === REMINDERS === #

    def test_the_payer_is_reminded_of_what_was_declined_and_not_of_what_is_planned(
        self,
    ):
        bill = self._bill(1000, (30, 0), (70, 60))
        first, _second = self._plan(bill)
        remind = bill.sudo()._clinic_get_remindable
        self.assertFalse(remind(), "both are charged")
        first._set_link_sent("The card was declined.")
        self.assertEqual(remind(), bill)
        steps = self.env["clinic.reminder"].sudo()._add_amounts(bill, {})
        self.assertEqual(steps[bill].amount, 300)


@tagged("post_install", "-at_install")
class TestChargesOfBefore(ChargesCommon):
    """Charges that were planned before parts were told apart."""

    def test_nothing_is_charged_early_though_it_was_planned(self):
        self.client.property_payment_term_id = self._create_term((100, 30))
        bill = self._invoice(self._create_service(), invoice_date=self._get_today())
        self._pay(self.bill)
        self._agree()
        self._run()
        charge = self._get_charges(bill)
        soon = self._get_today() + timedelta(days=3)
        charge.write(
            {
                "due_from": False,
                "due_until": False,
                "date": soon,
                "discount_day": soon,
                "state": "noticed",
                "noticed_on": self._get_today(),
            }
        )
        self._come(charge)
        self.assertEqual(self.sent, [])
        self.assertEqual(charge.state, "noticed")

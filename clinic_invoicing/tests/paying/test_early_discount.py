from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import format_date

from ..common_online import OnlineCommon
from ..desk.common_desk import DeskCommon


@tagged("post_install", "-at_install")
class TestEarlyDiscount(OnlineCommon, DeskCommon):
    """Who pays an invoice in time is asked for less, and that closes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls._get_today()
        cls.term = cls._create_discount_term()
        cls.term.line_ids.nb_days = 30
        cls.plain = cls._bill(48)
        cls.client.property_payment_term_id = cls.term
        cls.early = cls._bill(100)
        cls.both = cls.plain | cls.early
        cls.env.flush_all()

    # === HELPERS === #

    @classmethod
    def _bill(cls, price, **values):
        service = cls._create_service(price_unit=price, **values)
        return cls._invoice(service, invoice_date=cls.today)

    def _get_term_line(self, bill):
        return bill.line_ids.filtered(lambda line: line.display_type == "payment_term")

    def _start(self, bills, amount, **values):
        values.setdefault("clinic_discount_day", self.today)
        reference = f"early-{amount}-{len(bills.transaction_ids)}"
        return self._attempt(bills, amount, reference=reference, **values)

    def _get_discount(self, payments):
        """Return what these payments write off, in money of the practice."""
        account = self.practice.account_journal_early_pay_discount_loss_account_id
        lines = payments.move_id.line_ids
        return sum(
            lines.filtered(lambda line: line.account_id == account).mapped("balance")
        )

    def assertBooked(self, bills, amount, left, discount, **values):
        """What was shown before is what is booked, and no cent is left over."""
        shown = bills._clinic_get_left(bills._clinic_get_allocation(amount))
        payment = self._book_attempt(self._start(bills, amount, **values))
        self.assertEqual(bills.mapped("amount_residual"), left)
        for bill, (_discount, still_owed) in shown.items():
            self.assertEqual(bill.amount_residual, still_owed)
        self.assertEqual(sum(each[0] for each in shown.values()), discount)
        self.assertEqual(self._get_discount(payment), discount)
        self.assertEqual(payment.amount, amount)
        self.assertFalse(payment.clinic_amount_unallocated)

    # === WHAT IS ASKED FOR === #

    def test_the_clients_page_asks_for_what_closes_it_and_says_until_when(self):
        self._get_term_line(self.early).date_maturity = self.today
        self.authenticate("client", "client")
        text = self._read_billing()
        self.assertIn("To pay now $ 146.00", text)
        last_day = format_date(self.env, self.today + timedelta(days=7))
        self.assertIn(f"$ 100.00 $ 98.00 if paid by {last_day}", text)
        self.assertEqual(text.count("if paid by"), 1)
        # Too late: all of it is owed.
        self._get_term_line(self.early).discount_date = self.today - timedelta(days=1)
        text = self._read_billing()
        self.assertIn("To pay now $ 148.00", text)
        self.assertNotIn("if paid by", text)

    def test_what_is_not_due_yet_is_offered_for_less(self):
        self.authenticate("client", "client")
        text = self._read_billing()
        due = format_date(self.env, self.today + timedelta(days=30))
        self.assertIn("To pay now $ 48.00", text)
        self.assertIn(f"Later: $ 100.00 on {due}", text)
        self.assertIn("$ 100.00 $ 98.00 if paid by", text)

    def _read_billing(self):
        return " ".join(self._see("/my/billing")[0].split())

    def test_less_is_asked_for_in_time_and_all_is_owed(self):
        self.assertEqual(self.both._clinic_sum_owed(), 148)
        self.assertEqual(self.both._clinic_sum_closing(), 146)
        late = self.today + timedelta(days=8)
        self.assertEqual(self.both._clinic_sum_closing(late), 148)
        link = self.both.sudo()._clinic_get_payment_link()
        self.assertEqual(link.amount_due, 48, "what is due")
        self.assertEqual(self.early.sudo()._clinic_get_payment_link().amount_due, 98)

    def test_the_last_day_ends_where_the_practice_is(self):
        self._get_term_line(self.early).discount_date = date(2024, 12, 31)
        for now, asked in (("2025-01-01 04:50", 98), ("2025-01-01 05:10", 100)):
            for zone in ("UTC", "Pacific/Auckland", "Pacific/Honolulu"):
                # context: of whoever reads the invoice.
                read = self.early.with_context(tz=zone)
                with self.subTest(now=now, zone=zone), freeze_time(now):
                    self.assertEqual(read._clinic_sum_closing(), asked)
                    offer = read._clinic_get_discount_offer()
                    self.assertEqual(bool(offer), asked == 98)
                    domain = [("id", "=", read.id)]
                    discounts = read._clinic_get_discounts(domain)
                    self.assertEqual(sum(discounts.values()), 100 - asked)

    def test_no_more_than_that_is_taken(self):
        with self.assertRaisesRegex(ValidationError, "Only .*98.00 is still owed"):
            self.early._clinic_check_payable(98.01, self.early.currency_id)
        self.early._clinic_check_payable(98, self.early.currency_id)

    def test_the_least_to_pay_is_no_more_than_that(self):
        self.practice.clinic_minimum_part = 100
        self.early._clinic_check_part(98)
        with self.assertRaisesRegex(ValidationError, "at least .*98.00"):
            self.early._clinic_check_part(97.99)

    # === WHAT IS BOOKED === #

    def test_the_discounted_amount_closes_the_invoice(self):
        self.assertBooked(self.early, 98, [0], 2)

    def test_a_part_gets_no_discount_nor_does_the_rest(self):
        self.assertBooked(self.early, 50, [50], 0)
        self.assertEqual(self.early._clinic_sum_closing(), 50)
        self.assertBooked(self.early, 48, [2], 0)

    def test_an_amount_that_closes_one_alone_is_shared_by_several(self):
        self.assertBooked(self.both, 98, [0, 50], 0)

    def test_several_are_closed_with_the_discount_of_each(self):
        bills = self.both | self._bill(50)
        self.assertBooked(bills, 195, [0, 0, 0], 3)

    def test_what_is_closed_first_keeps_its_discount_when_others_stay_open(self):
        bills = self.early | self._bill(50)
        self.assertBooked(bills, 147, [0, 0], 3)
        bills = self._bill(100) | self._bill(50)
        self._get_term_line(bills[0]).date_maturity = self.today
        self.assertBooked(bills, 100, [0, 48], 2)

    def test_each_receivable_account_is_closed(self):
        self.early.button_draft()
        line = self._get_term_line(self.early)
        line.account_id = line.account_id.copy({"code": "121998"})
        self.early.action_post()
        self.assertBooked(self.both, 146, [0, 0], 2)

    def test_the_tax_of_a_discount_is_taken_back_once(self):
        self.term.early_pay_discount_computation = "included"
        tax = self._create_tax(10)
        bill = self._bill(100, tax_ids=[Command.set(tax.ids)])
        self.assertEqual((bill.amount_total, bill._clinic_sum_closing()), (110, 107.8))
        payment = self._book_attempt(self._start(bill, 107.8))
        self.assertEqual(bill.amount_residual, 0)
        written_off = payment._seek_for_lines()[2]
        self.assertEqual(sorted(written_off.mapped("balance")), [0.2, 2])
        self.assertFalse(payment.clinic_amount_unallocated)

    def test_an_invoice_in_another_currency_is_closed_too(self):
        euro = self.setup_other_currency("EUR")
        bill = self.init_invoice(
            "out_invoice",
            self.client,
            invoice_date=self.today,
            amounts=[100],
            taxes=self.env["account.tax"],
            currency=euro,
        )
        bill.invoice_payment_term_id = self.term
        bill.action_post()
        self.assertEqual(bill._clinic_sum_closing(), 98)
        payment = self._book_attempt(self._start(bill, 98))
        self.assertEqual(bill.amount_residual, 0)
        self.assertTrue(
            all(payment._clinic_get_receivable_lines().mapped("reconciled"))
        )

    def test_a_discount_goes_back_with_the_money(self):
        payment = self._book_attempt(self._start(self.both, 146))
        payment._clinic_give_back(146, "Wrong card")
        self.assertEqual(self.both.mapped("amount_residual"), [48, 100])

    def test_voiding_one_of_two_gives_back_what_it_was_paid_with(self):
        payment = self._book_attempt(self._start(self.both, 146))
        self.early._clinic_void("Wrong patient")
        back = payment.clinic_reversal_ids
        self.assertEqual(sum(back.mapped("amount")), 98)
        self.assertEqual(self.plain.amount_residual, 0)
        self.assertEqual(self._get_discount(payment | back), 0)

    def test_a_discount_of_a_voided_invoice_is_no_credit(self):
        payment = self._book_attempt(self._start(self.early, 98))
        self.early._clinic_void("Wrong patient", money="keep")
        self.assertEqual(payment.clinic_amount_unallocated, 98)

    def test_a_taxed_discount_goes_back_with_the_money(self):
        self.term.early_pay_discount_computation = "included"
        tax = self._create_tax(10)
        bill = self._bill(100, tax_ids=[Command.set(tax.ids)])
        payment = self._book_attempt(self._start(bill, 107.8))
        payment._clinic_give_back(107.8, "Wrong card")
        self.assertEqual(bill.amount_residual, 110)
        lines = (payment | payment.clinic_reversal_ids).move_id.line_ids
        for account, same in lines.grouped("account_id").items():
            balance = sum(same.mapped("balance"))
            self.assertAlmostEqual(balance, 0, msg=account.name)

    def test_the_money_of_one_of_two_that_goes_back_takes_its_discount_along(self):
        self._book_attempt(self._start(self.both, 146))._clinic_give_back(98, "x")
        self.assertEqual(self.both.mapped("amount_residual"), [0, 100])

    def test_a_discount_goes_back_once_though_a_refund_failed(self):
        payment = self._book_attempt(self._start(self.both, 146))
        failed = payment._clinic_give_back(98, "Wrong card")
        rest = payment._clinic_give_back(48, "Wrong card")
        payment._clinic_undo_net(failed)
        again = payment._clinic_give_back(98, "Once more")
        self.assertEqual(self._get_discount(payment | rest | again), 0)
        self.assertEqual(self.both.mapped("amount_residual"), [48, 100])
        lines = (payment | rest | again)._clinic_get_receivable_lines()
        self.assertEqual(set(lines.mapped("reconciled")), {True})

    def test_each_invoice_has_its_own_discount_whatever_is_due_last(self):
        self.plain.invoice_date_due = self.today + timedelta(days=60)
        payment = self._book_attempt(self._start(self.both, 146))
        self.plain._clinic_void("Wrong patient")
        self.assertEqual(sum(payment.clinic_reversal_ids.mapped("amount")), 48)
        self.assertEqual(self._get_discount(payment | payment.clinic_reversal_ids), 2)

    def test_a_payment_without_discount_any_more_can_be_called_off(self):
        payment = self._take_cash(self._get_due(self.early), 98)
        self.early._clinic_void("Wrong patient", money="keep")
        back = payment.clinic_reversal_ids
        self.assertEqual((back.amount, payment._clinic_get_returnable()), (0, 98))
        payment._clinic_call_off("Typed twice")
        self.assertEqual((payment | back).mapped("state"), ["canceled"] * 2)

    def test_half_of_an_invoice_keeps_half_of_its_discount(self):
        payment = self._book_attempt(self._start(self.early, 98))
        share = self.early.invoice_line_ids.clinic_share_id.with_user(self.biller)
        share._credit({share: 50}, "Too much")
        self.assertEqual(self.early.amount_residual, 0)
        self.assertEqual(payment.clinic_amount_unallocated, 49)
        back = payment.clinic_reversal_ids
        self.assertEqual((back.amount, self._get_discount(payment | back)), (0, 1))
        payment._clinic_give_back(49, "Too much")
        self.assertEqual(self.early.amount_residual, 0)
        share._credit({share: 50}, "All of it")
        self.assertEqual(payment.clinic_amount_unallocated, 49)
        back = payment.clinic_reversal_ids
        self.assertEqual(self._get_discount(payment | back), 0)

    def test_the_discounts_of_several_go_back_by_their_shares(self):
        self.term.early_pay_discount_computation = "included"
        tax = self._create_tax(10)
        taxed = self._bill(50, tax_ids=[Command.set(tax.ids)])
        bills = self.early | taxed
        payment = self._book_attempt(self._start(bills, 151.9))
        self.early._clinic_void("Wrong patient")
        taxed._clinic_void("Wrong patient")
        lines = (payment | payment.clinic_reversal_ids).move_id.line_ids
        for account, same in lines.grouped("account_id").items():
            balance = sum(same.mapped("balance"))
            self.assertAlmostEqual(balance, 0, msg=account.name)
        receivable = lines.filtered(lambda line: line.account_id.reconcile)
        self.assertAlmostEqual(sum(receivable.mapped("amount_residual")), 0)

    def test_the_credit_of_a_voided_invoice_pays_no_more_than_came(self):
        payment = self._book_attempt(self._start(self.early, 98))
        self.client.property_payment_term_id = False
        other = self._bill(100)
        self.early._clinic_void("Wrong patient", money="keep")
        payment._clinic_allocate(other)
        self.assertEqual(other.amount_residual, 2)

    # === WHEN === #

    def test_money_that_arrives_late_counts_from_the_day_of_the_form(self):
        tx = self._start(self.early, 98)
        self._get_term_line(self.early).discount_date = self.today
        tx.sudo().clinic_discount_day = self.today - timedelta(days=1)
        self._get_term_line(self.early).discount_date = self.today - timedelta(days=1)
        self.assertEqual(self.early._clinic_sum_closing(), 100)
        self._book_attempt(tx)
        self.assertEqual(self.early.amount_residual, 0)

    def test_a_form_that_was_opened_too_late_gets_no_discount(self):
        self._get_term_line(self.early).discount_date = self.today - timedelta(days=1)
        self.assertBooked(self.early, 98, [2], 0)

    def test_an_invoice_that_is_paid_meanwhile_leaves_a_credit_and_the_discount(self):
        tx = self._start(self.both, 146)
        self._pay(self.plain)
        payment = self._book_attempt(tx)
        self.assertEqual(self.early.amount_residual, 0)
        self.assertEqual(self._get_discount(payment), 2)
        self.assertEqual(payment.clinic_amount_unallocated, 48)

    def test_money_that_is_matched_gets_none_as_with_core(self):
        bills = {}
        for name in ("held", "allocated", "core"):
            self.practice.clinic_use_held_money = name == "held"
            payment = self.env["account.payment"].create(
                {"amount": 98, "partner_id": self.client.id, "date": self.today}
            )
            payment.action_post()
            bills[name] = self._bill(100)
            if name == "allocated":
                payment._clinic_allocate(bills[name])
            elif name == "core":
                credit = payment._clinic_get_receivable_lines()
                bills[name].js_assign_outstanding_line(credit.id)
            self.assertFalse(payment.clinic_amount_unallocated, name)
        left = [bill.amount_residual for bill in bills.values()]
        self.assertEqual(left, [2, 2, 2])

    def test_who_pays_all_in_a_shop_leaves_no_credit(self):
        payment = self._book_attempt(
            self._start(self.early, 100, clinic_discount_day=False)
        )
        self.assertEqual(self.early.amount_residual, 0)
        self.assertEqual(self._get_discount(payment), 0)
        self.assertFalse(payment.clinic_amount_unallocated)

    # === PAGES === #

    def _try(self, route, amount, **values):
        """Press "Pay"; return the error, if there is one."""
        if route.startswith("/my/billing/pay/"):
            page = {"invoice_ids": route.split("/")[-1], "amount": amount}
            values["shown"] = self._read_shown("/my/billing/pay", **page)
        _answer, error = self._rpc(route, **self._pay_values(amount=amount, **values))
        return error

    def test_clients_see_and_pay_the_discounted_amount(self):
        self.practice.clinic_minimum_part = 100
        self.authenticate("client", "client")
        text, _key = self._see("/my/billing/pay", invoice_ids="all")
        self.assertIn("Pay all that is open: $ 146.00", text.replace("\xa0", " "))
        text, _key = self._see("/my/billing/pay", invoice_ids="all", amount=146)
        for shown in ("146.00", "Discount for paying early: $ 2.00"):
            self.assertIn(shown, text.replace("\xa0", " "))
        path = f"/my/billing/pay/{self.early.id}"
        refusal = "98.00 is still owed: the discount for paying early is taken off"
        self.assertIn(refusal, self._try(path, 100).replace("\xa0", " "))
        for route, more in (
            (path, {}),
            (
                f"/invoice/transaction/{self.early.id}",
                {"access_token": self.early._portal_ensure_token()},
            ),
        ):
            self.assertFalse(self._try(route, 98, **more))
            tx = self.early.transaction_ids.sorted("id")[-1]
            self.assertEqual(tx.clinic_discount_day, self.today)
        self._book_attempt(tx)
        self.assertEqual(self.early.amount_residual, 0)

    def test_desk_takes_the_discounted_amount(self):
        url = f"/clinic/desk/pay/{self.early.id}"
        text, _key = self._see(url)
        self.assertIn("Discount for paying early: $ 2.00", text.replace("\xa0", " "))
        due = self._get_due(self.early)
        with self.assertRaisesRegex(ValidationError, "98.00 is still owed"):
            self._take_cash(due, 100)
        payment = self._take_cash(due, 98)
        self.assertEqual((payment.amount, self._get_discount(payment)), (98, 2))
        self.assertEqual(self.early.amount_residual, 0)

    def test_cash_for_several_is_booked_as_shown(self):
        last = self._bill(50)
        payment = self._take_cash(self._get_due(last | self.both), 166)
        self.assertEqual((payment.amount, self._get_discount(payment)), (166, 1))
        # Of what is due the same day the smaller is paid first.
        self.assertEqual((self.both | last).mapped("amount_residual"), [0, 31, 0])
        self.assertFalse(payment.clinic_amount_unallocated)

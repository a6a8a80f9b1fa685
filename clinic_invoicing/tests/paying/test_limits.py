from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ...rules.askers import (
    AUTOPAY,
    DIALOG,
    LINK,
    PAGE,
    RED_NUMBER,
    REMINDER,
    REQUEST,
    TOO_SMALL,
)
from ...rules.limits import Limits
from ..charges.common_charges import ChargesCommon
from ..common_online import OnlineCommon
from ..desk.common_desk import DeskCommon


class LimitsCommon(OnlineCommon):
    """A provider charges between 0.50 and 999,999.99 at once."""

    def setUp(self):
        super().setUp()
        self._limit(least=50, most=99_999_999)

    def _limit(self, **limits):
        providers = type(self.env["payment.provider"])
        self.patch(providers, "_clinic_get_limits", lambda *_args: Limits(**limits))
        self.registry.clear_cache("stable")
        self.addCleanup(self.registry.clear_cache, "stable")

    def _bill(self, price):
        bill = self._invoice(self._create_service(price_unit=price))
        self.env.flush_all()
        return bill


@tagged("post_install", "-at_install")
class TestLimits(LimitsCommon, DeskCommon):
    """Nobody is asked online for what no provider charges; pages say how much is."""

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    def _read(self, bill, **params):
        text, _key = self._see("/my/billing/pay", invoice_ids=bill.id, **params)
        return text.replace("\xa0", " ")

    def test_a_rest_below_the_least_is_shown_and_not_asked_for(self):
        bill = self._bill(100.3)
        self._pay(bill, 100)
        self.env.flush_all()
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        text = self._see("/my/billing")[0]
        self.assertIn("You have nothing to pay now", text)
        self.assertIn("So little cannot be paid online by itself.", text)
        self.assertNotIn("Overdue", text)
        self.assertIn("So little cannot be paid online", self._read(bill))
        with self.assertRaisesRegex(ValidationError, "So little"):
            bill.sudo()._clinic_start_online_payment(0.3, bill.currency_id)

    def test_several_that_are_too_small_alone_are_paid_together(self):
        bills = self._bill(0.3) | self._bill(0.2)
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 2)
        text = self._see("/my/billing")[0].replace("\xa0", " ")
        self.assertIn("To pay now $ 0.50", text)
        ids = ",".join(map(str, bills.ids))
        for chosen in (ids, "all"):
            text = self._see("/my/billing/pay", invoice_ids=chosen)[0]
            self.assertIn("Pay $ 0.50", text.replace("\xa0", " "))
        bills.sudo()._clinic_start_online_payment(0.5, bills.currency_id)
        self.assertEqual(bills.sudo()._clinic_get_payment_link().amount_due, 0.5)
        # Alone, or a part of them, each is too small.
        for bill in bills:
            self.assertIn("So little cannot be paid online", self._read(bill))
            with self.assertRaisesRegex(ValidationError, "So little"):
                bill.sudo()._clinic_start_online_payment(0.2, bill.currency_id)
        with self.assertRaisesRegex(ValidationError, "So little"):
            bills.sudo()._clinic_check_part(0.4)

    def test_what_is_too_small_even_together_is_not_asked_for(self):
        bills = self._bill(0.3) | self._bill(0.1)
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        self.assertIn("You have nothing to pay now", self._see("/my/billing")[0])
        with self.assertRaisesRegex(ValidationError, "So little"):
            bills.sudo()._clinic_start_online_payment(0.4, bills.currency_id)

    def test_what_is_too_small_is_paid_with_what_is_not(self):
        bills = self._bill(0.3) | self._bill(80)
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 2)
        text = self._see("/my/billing/pay", invoice_ids="all")[0]
        self.assertIn("Pay $ 80.30", text.replace("\xa0", " "))
        bills.sudo()._clinic_start_online_payment(80.3, bills.currency_id)

    def test_what_is_too_small_waits_for_nobody_elses(self):
        mine = self._bill(0.3)
        service = self._create_service(patient=self.other_client, price_unit=80)
        both = mine | self._invoice(service)
        reasons = both._clinic_get_reasons(DIALOG)
        self.assertEqual(reasons[mine], {TOO_SMALL})
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        mine.action_toggle_block_payment()
        other = self._bill(0.3)
        reasons = (mine | other)._clinic_get_reasons(DIALOG)
        self.assertEqual(reasons[other], {TOO_SMALL})

    def test_people_are_not_reminded_of_what_is_too_small_alone(self):
        bills = self._bill(0.3) | self._bill(80)
        for asker in (REMINDER, AUTOPAY, REQUEST):
            found = bills._clinic_filter_for(asker)
            self.assertEqual(found.mapped("amount_residual"), [80], asker.name)

    def test_the_desk_takes_such_a_rest_in_cash(self):
        bill = self._bill(100.3)
        self._pay(bill, 100)
        payment = self._take_cash(self._get_due(bill), 0.3)
        self.assertEqual((payment.amount, bill.amount_residual), (0.3, 0))

    def test_a_biller_writes_such_a_rest_off(self):
        bill = self._bill(100.3)
        self._pay(bill, 100)
        url = f"/clinic/desk/pay/{bill.id}"
        self.authenticate("biller", "biller")
        text, key = self._see(url)
        self.assertIn("Write off: $ 0.30", text.replace("\xa0", " "))
        self._press(f"{url}/write-off", key, invoice_ids=bill.id, amount="0.3")
        self.assertEqual(bill.amount_residual, 0)
        self.assertIn("0.30 is written off", self._see(url)[0])

    def test_nothing_else_is_written_off_at_the_desk(self):
        bill = self._bill(100.3)
        desk, due = self.env["clinic.desk"], self._get_due(bill)
        self.assertFalse(desk.with_user(self.biller)._can_write_off(due))
        self._pay(bill, 100)
        self.assertTrue(desk.with_user(self.biller)._can_write_off(due))
        for user, amount in ((self.front_desk, 0.3), (self.biller, 0.2)):
            with self.assertRaisesRegex(UserError, "cannot be written off"):
                desk.with_user(user)._write_off(due, amount)
        self.assertEqual(bill.amount_residual, 0.3)

    def test_a_part_that_leaves_such_a_rest_is_offered_as_all(self):
        bill = self._bill(100.3)
        text = self._read(bill, amount=100)
        self.assertIn("$ 0.30 would be left", text)
        self.assertIn("Please pay all of it: $ 100.30", text)
        self.assertIn("Pay $ 100.30", text)
        self.assertIn("Pay $ 50.00", self._read(bill, amount=50))

    def test_a_part_leaves_such_a_rest_beside_money_that_is_held(self):
        held = self.env["account.payment"].create(
            {"amount": 60, "partner_id": self.client.id}
        )
        bill = self._bill(100)
        held.action_post()
        self.env.flush_all()
        text = self._read(bill, amount=39.8)
        self.assertIn("$ 0.20 would be left", text)
        self.assertIn("Please pay all of it: $ 40.00", text)

    def test_what_is_due_is_too_small_and_offered_with_what_comes_later(self):
        small = self._bill(0.3)
        self.client.property_payment_term_id = self._create_term((100, 30))
        today = self.practice._clinic_get_day()
        service = self._create_service(price_unit=80)
        both = small | self._invoice(service, invoice_date=today)
        self.env.flush_all()
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        self.assertIn("You have nothing to pay now", self._see("/my/billing")[0])
        text = self._see("/my/billing/pay", invoice_ids="all")[0]
        self.assertIn("Pay $ 80.30", text.replace("\xa0", " "))
        self.assertEqual(both.sudo()._clinic_get_payment_link().amount_due, 80.3)
        self.assertEqual(both._clinic_sum_asked(REMINDER), 0)

    def test_nobody_is_led_to_pay_what_held_money_leaves_too_small(self):
        bill = self._bill(60)
        held = self.env["account.payment"].create(
            {"amount": 59.8, "partner_id": self.client.id}
        )
        held.action_post()
        self.env.flush_all()
        for asker in (PAGE, RED_NUMBER, DIALOG, LINK, REQUEST, REMINDER):
            self.assertEqual(bill._clinic_sum_offered(asker), 0, asker.name)
        self.assertFalse(bill._clinic_filter_open(REMINDER))
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        self.assertIn("You have nothing to pay now", self._see("/my/billing")[0])
        self.assertIn("So little cannot be paid online", self._read(bill))
        with self.assertRaisesRegex(ValidationError, "So little"):
            bill.sudo()._clinic_start_online_payment(0.2, bill.currency_id)
        other = self._bill(80)
        self.assertEqual((bill | other)._clinic_sum_asked(DIALOG), 80.2)

    def test_of_a_million_as_much_is_asked_as_can_be_charged(self):
        text = self._read(self._bill(1_000_000))
        self.assertIn("Pay $ 999,999.50", text)
        self.assertNotIn("refused", text)

    def test_digits_that_nobody_charges_are_left_out(self):
        self._limit(least=100, most=99_999_999, step=100)
        text = self._read(self._bill(13.25))
        self.assertIn("Pay $ 13.00", text)
        text = self._read(self._bill(20), amount=5.5)
        self.assertIn("$ 5.00 can be paid online at once", text)


@tagged("post_install", "-at_install")
class TestLimitsOfCharges(LimitsCommon, ChargesCommon):
    """What is charged by itself keeps to what the provider charges at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._pay(cls.bill)

    def test_a_saved_card_is_charged_as_much_as_can_be(self):
        bill = self._bill(1_500_000)
        self._agree(cap="9000000")
        self._run()
        charge = self._get_charges(bill)
        self._come(charge)
        self.assertEqual(self.sent, [999_999.99])

    def test_no_part_of_a_plan_is_too_small(self):
        bill = self._bill(1)
        wizard = self.env["clinic.payment.plan.proposal"].create(
            {"invoice_ids": [Command.set(bill.ids)], "number": 3}
        )
        with self.assertRaisesRegex(UserError, "too little"):
            wizard.action_propose()
        wizard.number = 2
        self.assertTrue(wizard.action_propose())

    def test_staff_charge_no_card_with_what_it_is_not_charged(self):
        bill = self._bill(100.3)
        desk = self.env["clinic.desk"].with_user(self.front_desk)
        due = desk._get_due(desk._find_invoice(bill.id))
        for amount, cards in ((100.3, self.card), (0.3, self.card.browse())):
            self.assertEqual(desk._get_cards(due, amount), cards)

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from ...rules import askers
from ...rules.askers import ASKERS, REASONS, TABLE, Answer
from ...rules.limits import Limits
from ..charges.common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestWhoAsksForWhat(ChargesCommon):
    """Each asker does about an invoice what the table says, whatever is up with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._pay(cls.bill)
        cls.practice.clinic_email_pay_requests = True
        cls.today = cls._get_today()

    # === INVOICES THAT SOMETHING IS UP WITH === #

    def _bill(self, **values):
        service = self._create_service(**values)
        bill = self._invoice(service, invoice_date=self.today)
        self.env.flush_all()
        return bill.sudo()

    def _pretend(self, reason):
        """Let a reason hold for an invoice; its own tests show when it does."""
        bill = self._bill()
        moves = type(self.env["account.move"])
        domains = self.env["account.move"]._clinic_get_reason_domains()
        found = {**domains, reason: Domain("id", "in", bill.ids)}
        self.patch(moves, "_clinic_get_reason_domains", lambda _moves: found)
        return bill

    def _make_free(self):
        return self._bill()

    def _make_closed(self):
        bill = self._bill()
        self._pay(bill)
        return bill

    def _make_on_hold(self):
        bill = self._bill()
        bill.action_toggle_block_payment()
        return bill

    def _make_clearing(self):
        bill = self._bill()
        self._attempt(bill, state="pending", reference="clearing")
        return bill

    def _make_offline(self):
        self.provider.is_published = False
        return self._bill()

    def _make_disputed(self):
        return self._pretend(askers.DISPUTED)

    def _make_insurers(self):
        return self._pretend(askers.INSURERS)

    def _make_unanswered(self):
        service = self._create_service(rate=self.insurer_rate)
        service.share_ids = [
            Command.create({"payer_type": "patient", "fixed_amount": 30})
        ]
        bill = self._invoice(service, invoice_date=self.today)
        self.env.flush_all()
        return bill.sudo()

    def _make_too_small(self):
        providers = type(self.env["payment.provider"])
        self.patch(providers, "_clinic_get_limits", lambda *_args: Limits(least=50))
        self.registry.clear_cache("stable")
        self.addCleanup(self.registry.clear_cache, "stable")
        bill = self._bill(price_unit=100.3)
        self._pay(bill, 100)
        return bill

    def _make_in_plan(self):
        bill = self._bill()
        plan = self._propose(bill)
        plan._accept(
            self.client_user, card_id="", wording=plan._get_wording(), ip="203.0.113.7"
        )
        return bill

    def _make_charged(self):
        bill = self._bill()
        self._agree()
        self.env["clinic.autopay"].sudo()._plan_charges()
        self.assertEqual(len(bill.clinic_charge_ids), 1)
        return bill

    def _make_not_due(self):
        self.client.property_payment_term_id = self._create_term((100, 30))
        return self._bill()

    # === WHAT EACH ASKER DOES === #

    def _get_offered(self, bill, asker, is_allowed):
        """Return what is done by who offers something, if it is allowed at all."""
        if not is_allowed:
            return Answer.SHOWS if self._is_on_page(bill) else Answer.NOTHING
        is_asked = bill._clinic_sum_asked(asker) > 0
        return Answer.ASKS if is_asked else Answer.OFFERS

    def _is_on_page(self, bill):
        return bill in bill.search(bill._clinic_get_open_domain(self.client))

    def _do_page(self, bill):
        asked = bill._clinic_get_asked(self.client, Domain("id", "=", bill.id))
        if any(group.amount for group in asked):
            return Answer.ASKS
        if any(group.later for group in asked):
            return Answer.OFFERS
        return Answer.SHOWS if self._is_on_page(bill) else Answer.NOTHING

    def _do_red_number(self, _bill):
        is_asked = self.client_user._clinic_get_unpaid_count()
        return Answer.ASKS if is_asked else Answer.NOTHING

    def _do_dialog(self, bill):
        return self._get_offered(bill, askers.DIALOG, self._can_pay(bill))

    def _do_link(self, bill):
        link = self.env["clinic.payment.link"].sudo()._create_for([bill])
        is_payable = bool(link._get_payable()) and link.amount_due > 0
        return self._get_offered(bill, askers.LINK, is_payable)

    def _do_desk(self, bill):
        desk = self.env["clinic.desk"].with_user(self.front_desk)
        found = desk._find_invoice(bill.id)
        return self._get_offered(found, askers.DESK, self._can_pay(found))

    def _can_pay(self, bill):
        try:
            bill._clinic_check_payable(bill.amount_residual, bill.currency_id)
        except UserError:
            return False
        return True

    def _do_request(self, bill):
        if not bill._clinic_is_pay_request_wanted():
            return Answer.NOTHING
        return self._get_offered(bill, askers.REQUEST, is_allowed=True)

    def _do_reminder(self, bill):
        if not bill._clinic_get_remindable():
            return Answer.NOTHING
        self.assertIn(bill, self.env["clinic.reminder"].sudo()._add_amounts(bill, {}))
        return self._get_offered(bill, askers.REMINDER, is_allowed=True)

    def _do_autopay(self, bill):
        if not bill.clinic_charge_ids.filtered("autopay_id"):
            self._agree()
            self.env["clinic.autopay"].sudo()._plan_charges()
        charge = bill.clinic_charge_ids.filtered("autopay_id")
        if not charge or not charge._get_amount():
            return Answer.NOTHING
        is_soon = charge.date <= self.today + timedelta(days=7)
        return Answer.ASKS if is_soon else Answer.SHOWS

    def _do_proposal(self, bill):
        try:
            self._propose(bill)
        except UserError:
            return Answer.NOTHING
        return self._get_offered(bill, askers.PROPOSAL, is_allowed=True)

    def _do_instalment(self, bill):
        plan = self.env["clinic.payment.plan"].sudo()
        parts = [(self.today, max(bill.amount_residual, 1.0))]
        plan = bill.clinic_plan_ids or plan._propose(bill, parts)
        amount = plan.charge_ids[0]._get_amount()
        return Answer.ASKS if amount else Answer.NOTHING

    def _do_deposit(self, bill):
        event = self._create_event(rates=self.rate)
        left = event._clinic_get_deposit_shares(self.client)
        self.assertFalse(left & bill.invoice_line_ids.clinic_share_id)
        return Answer.NOTHING

    def _do_statement(self, bill):
        (statement,) = self.client._clinic_get_statements(
            self.practice, self.today, self.today
        )[self.client]
        is_owed = statement["closing"] >= bill.amount_residual > 0
        return Answer.SHOWS if is_owed else Answer.NOTHING

    def _do_money_owed(self, bill):
        items = self.env["clinic.open.item"].with_user(self.biller)
        found = items.search([("move_id", "=", bill.id)])
        return Answer.SHOWS if found else Answer.NOTHING

    def _propose(self, bill):
        wizard = self.env["clinic.payment.plan.proposal"].create(
            {"invoice_ids": [Command.set(bill.ids)], "number": 2}
        )
        plan = self.env["clinic.payment.plan"].sudo()
        return plan.browse(wizard.action_propose()["res_id"])

    # === EACH CELL === #

    def assertAnswers(self, reason):
        name = reason.name if reason else "free"
        bill = getattr(self, f"_make_{name}")()
        self.env.flush_all()
        self.env.invalidate_all()
        for asker in ASKERS:
            with self.subTest(reason=name, asker=asker.name):
                try:
                    with self.env.cr.savepoint():
                        answer = getattr(self, f"_do_{asker.name}")(bill)
                        self.assertEqual(answer, TABLE[reason][asker])
                        raise _UndoneError
                except _UndoneError:
                    self.env.invalidate_all()

    def test_what_is_due_and_free(self):
        self.assertAnswers(None)

    def test_what_is_closed(self):
        self.assertAnswers(askers.CLOSED)

    def test_what_is_on_hold(self):
        self.assertAnswers(askers.ON_HOLD)

    def test_what_is_clearing(self):
        self.assertAnswers(askers.CLEARING)

    def test_what_no_provider_takes(self):
        self.assertAnswers(askers.OFFLINE)

    def test_what_is_disputed(self):
        self.assertAnswers(askers.DISPUTED)

    def test_what_is_too_small(self):
        self.assertAnswers(askers.TOO_SMALL)

    def test_what_is_an_insurers(self):
        self.assertAnswers(askers.INSURERS)

    def test_what_an_insurer_has_to_answer(self):
        self.assertAnswers(askers.UNANSWERED)

    def test_what_is_in_a_plan(self):
        self.assertAnswers(askers.IN_PLAN)

    def test_what_a_card_is_about_to_pay(self):
        self.assertAnswers(askers.CHARGED)

    def test_what_comes_later(self):
        self.assertAnswers(askers.NOT_DUE)

    def test_each_reason_is_tried(self):
        names = {f"_make_{reason.name}" for reason in REASONS}
        self.assertLessEqual(names, set(dir(self)))


class _UndoneError(Exception):
    """What an asker did is undone before the next one is asked."""


@tagged("post_install", "-at_install")
class TestAskedLessHeld(ChargesCommon):
    """No asker asks for more than what is due less the money that is held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._invoice(cls._create_service(price_unit=50))
        cls.bill.line_ids.filtered("date_maturity").date_maturity = "2024-03-01"
        cls.env.flush_all()

    def _hold(self, amount, payer=None):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": (payer or self.client).id}
        )
        payment.action_post()
        self.env.flush_all()
        return payment

    def _sum(self, bills, asker=askers.DIALOG):
        return bills.sudo()._clinic_sum_asked(asker)

    def test_it_pays_the_oldest_first_whatever_is_chosen(self):
        both = self.bill | self.second
        for held, asked in (
            (0, (100, 50, 150)),
            (60, (40, 50, 90)),
            (60, (0, 30, 30)),
            (60, (0, 0, 0)),
        ):
            if held:
                self._hold(held)
            for bills, amount in zip(
                (self.bill, self.second, both), asked, strict=True
            ):
                for asker in (askers.DIALOG, askers.LINK, askers.REMINDER):
                    with self.subTest(held=held, bills=bills, asker=asker.name):
                        self.assertEqual(self._sum(bills, asker), amount)

    def test_the_page_and_its_number_say_so(self):
        self._hold(110)
        (asked,) = self.bill.sudo()._clinic_get_asked(self.client)
        self.assertEqual((asked.amount, asked.held), (40, 110))
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 1)
        self.authenticate("client", "client")
        text = self._get_text("/my/billing")
        self.assertRegex(text, r"To pay now \$\s40.00")
        self.assertRegex(text, r"holds \$\s110.00 for you. Taken off: \$\s110.00")
        self._hold(60)
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        text = self._get_text("/my/billing")
        self.assertIn("nothing to pay now", text)
        self.assertRegex(text, r"holds \$\s170.00 for you. Taken off: \$\s150.00")

    def test_who_owes_nothing_reads_what_is_held(self):
        self._pay(self.bill | self.second)
        self._hold(110)
        self.authenticate("client", "client")
        text = self._get_text("/my/billing")
        self.assertRegex(text, r"holds \$\s110.00 for you. It is taken off what")

    def test_the_dialog_leaves_nothing_to_pay_of_what_is_held(self):
        self._hold(60)
        self.authenticate("client", "client")
        text = self._get_text(f"/my/billing/pay?invoice_ids={self.bill.id}")
        self.assertRegex(text, r"Left to pay \S+ \$\s40.00 \$\s0.00")

    def test_what_one_payer_holds_covers_nobody_elses_invoices(self):
        # Who acts for the client has money of their own in hand.
        self.client.clinic_acting_ids = self.other_client
        self.assertEqual(self.other_client_user._clinic_get_unpaid_count(), 2)
        self._hold(500, self.other_client)
        self.assertEqual(self.other_client_user._clinic_get_unpaid_count(), 2)
        self._hold(500)
        self.assertEqual(self.other_client_user._clinic_get_unpaid_count(), 0)

    def test_the_number_takes_discounts_off_as_the_page_does(self):
        self._pay(self.bill | self.second)
        self.client.property_payment_term_id = self._create_discount_term()
        for _invoice in range(2):
            self._invoice(self._create_service(), invoice_date=self._in_days(0))
        # 98 closes each.
        for held, asked, count in ((97, 99, 2), (2, 97, 1), (98, 0, 0)):
            self._hold(held)
            with self.subTest(held=held):
                (group,) = self.bill.sudo()._clinic_get_asked(self.client)
                self.assertEqual(group.amount, asked)
                number = self.client_user._clinic_get_unpaid_count()
                self.assertEqual(number, count)

    def test_nobody_can_pay_more(self):
        self._hold(60)
        bill = self.bill.sudo()
        bill._clinic_check_payable(40, bill.currency_id)
        with self.assertRaisesRegex(UserError, "the practice holds for you"):
            bill._clinic_check_payable(40.01, bill.currency_id)

    def test_autopay_charges_the_rest_alone(self):
        self._pay(self.second)
        self._hold(60)
        self._agree()
        self._run()
        charge = self._get_charges()
        self.assertEqual((charge.state, charge.amount), ("noticed", 40))
        self._come(charge)
        self.assertEqual(self.sent, [40])

    def test_autopay_charges_nothing_that_is_held_since(self):
        self._pay(self.second)
        self._agree()
        self._run()
        self._hold(100)
        charge = self._get_charges()
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "noticed"))
        self.assertIn("held", charge.reason)

    def test_nobody_is_reminded_or_written_to_of_what_is_covered(self):
        self.practice.clinic_email_pay_requests = True
        self._hold(100)
        both = (self.bill | self.second).sudo()
        self.assertEqual(both._clinic_get_remindable(), self.second)
        both._clinic_request_payment()
        self.assertFalse(self.bill.sudo().clinic_asked_on)
        self.assertTrue(self.second.sudo().clinic_asked_on)

    def test_a_plan_is_for_the_rest_alone(self):
        self._hold(60)
        wizard = self.env["clinic.payment.plan.proposal"].create(
            {"invoice_ids": [Command.set(self.bill.ids)], "number": 2}
        )
        self.assertEqual(wizard.amount_total, 40)

    def test_a_deposit_is_asked_less_what_nobody_owes(self):
        self.rate.product_tmpl_id.clinic_deposit = 30
        event = self._create_event(rates=self.rate)
        asked = event._clinic_get_deposit_amount
        self.assertEqual(asked(self.client), 30)
        self._hold(160)
        self.assertEqual(asked(self.client), 20)
        self._hold(100)
        self.assertEqual(asked(self.client), 0)

    # === SPEED === #

    def _count_queries(self, bills):
        """Return how many queries the claims of these take, one for each payer."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        claims = bills.sudo()._clinic_get_claims(askers.REMINDER)
        self.assertEqual(sum(claim.amount > 0 for claim in claims), len(bills))
        return self.cr.sql_log_count - before

    def test_many_payers_cost_no_more_queries_than_few(self):
        payers = self.env["res.partner"].create(
            [{"name": f"Payer {number}"} for number in range(12)]
        )
        bills = self.env["account.move"].union(
            *(self._invoice(self._create_service(patient=payer)) for payer in payers)
        )
        self._hold(60)
        self._count_queries(bills)
        few = self._count_queries(bills[:2])
        self.assertLessEqual(self._count_queries(bills), few)

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ...rules.askers import IN_PLAN, REMINDER
from ..charges.common_charges import ChargesCommon

PLAN_LOGGER = "odoo.addons.clinic_invoicing.models.plans.clinic_payment_plan"
PROPOSAL = "clinic.payment.plan.proposal"


@tagged("post_install", "-at_install")
class TestPaymentPlans(ChargesCommon):
    """Invoices paid in parts: what both sides agreed, never more than is owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_bill = cls._invoice(cls._create_service(price_unit=50))
        cls.env.flush_all()

    # === HELPERS === #

    def _prepare(self, invoices=None, user=None, **values):
        invoices = invoices or self.bill
        values.setdefault("first_date", self._in_days(10))
        wizard = self.env[PROPOSAL].with_user(user or self.biller)
        return wizard.create({"invoice_ids": [Command.set(invoices.ids)], **values})

    def _propose(self, invoices=None, **values):
        """Return the plan that a biller proposes, as the client's page sees it."""
        action = self._prepare(invoices, **values).action_propose()
        # sudo: clients have no right on plans; their page looks it up.
        return self.env["clinic.payment.plan"].sudo().browse(action["res_id"])

    def _accept(self, plan, card=None, **values):
        values.setdefault("card_id", str(card.id) if card else "")
        values.setdefault("wording", plan._get_wording())
        plan._accept(self.client_user, ip="203.0.113.7", **values)

    def _start(self, invoices=None, with_card=True, **values):
        """Return an active plan."""
        plan = self._propose(invoices, **values)
        self._accept(plan, self.card if with_card else None)
        return plan

    def _get_amounts(self, plan):
        return plan._get_upcoming().mapped("amount")

    # === PROPOSING === #

    def test_the_parts_sum_up_to_what_is_owed_and_the_last_takes_the_cents(self):
        plan = self._propose(number=3)
        charges = plan.charge_ids
        self.assertEqual(charges.mapped("amount"), [33.33, 33.33, 33.34])
        self.assertEqual(charges[0].date, self._in_days(10))
        self.assertEqual(set(charges.mapped("state")), {"draft"})
        mail = self._get_mails("pay in instalments")
        self.assertEqual(len(mail), 1)
        self.assertIn("33.34", mail.body_html)
        self.assertNotIn("Consultation", mail.body_html)

    def test_the_wizard_shows_the_parts_before_they_are_proposed(self):
        action = self.env[PROPOSAL].with_user(self.biller)
        form = Form(action.with_context(active_ids=self.bill.ids))
        form.number = 2
        self.assertEqual(form.preview.count("50.00"), 2)
        form.number = 0
        self.assertIn("Choose between", form.preview)

    def test_nothing_changes_until_the_client_accepts(self):
        plan = self._propose()
        plan.charge_ids.write({"next_date": "2020-01-01"})
        self._run()
        self.assertEqual(self.sent, [])
        self.assertFalse(self.bill._clinic_has_reason(IN_PLAN))
        self.assertEqual(self.bill._clinic_filter_for(REMINDER), self.bill)

    def test_what_cannot_be_a_plan_is_refused(self):
        foreign = self._invoice(self._create_service(patient=self.other_client))
        paid = self._invoice(self._create_service())
        self._pay(paid)
        for invoices, values in (
            (self.bill | foreign, {}),
            (self.bill | paid, {}),
            (self.bill, {"number": 0}),
            (self.bill, {"number": -3}),
            (self.bill, {"number": 61}),
            (self.bill, {"first_date": self._in_days(-2)}),
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self._propose(invoices, **values)

    def test_one_plan_at_a_time(self):
        plan = self._propose()
        with self.assertRaises(UserError):
            self._propose()
        self._accept(plan)
        with self.assertRaises(UserError):
            self._propose(self.bill | self.second_bill)

    def test_only_billers_propose_and_nobody_writes_plans(self):
        with self.assertRaises(AccessError):
            self._prepare(user=self.front_desk)
        with self.assertRaises(AccessError):
            self._prepare(user=self.client_user)
        plan = self._propose()
        for user in (self.biller, self.manager):
            with self.assertRaises(AccessError):
                plan.with_user(user).write({"state": "active"})
        for user in (self.front_desk, self.client_user, self.employee):
            with self.assertRaises(AccessError):
                plan.with_user(user).action_cancel()

    # === ACCEPTING === #

    def test_a_card_that_is_removed_before_it_is_charged_is_not_charged(self):
        plan = self._start(number=2)
        charge = plan.charge_ids[0]
        self._come(charge)
        tx = charge._start(50)
        self.card.active = False
        charge._send(tx)
        self.assertEqual((self.sent, tx.state), ([], "cancel"))
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "link_sent"))

    def test_only_cards_that_can_be_charged_in_the_currency_of_the_plan_are_offered(
        self,
    ):
        plan = self._propose()
        self.assertEqual(plan._get_cards(self.client_user), self.card)
        self.provider.available_currency_ids = self.practice.currency_id
        self.assertEqual(plan._get_cards(self.client_user), self.card)
        # As for invoices in another currency.
        plan.currency_id = self.env.ref("base.CHF")
        self.assertFalse(plan._get_cards(self.client_user))
        with self.assertRaisesRegex(UserError, "saved cards"):
            self._accept(plan, self.card)

    def test_with_a_card_each_instalment_is_told_and_charged(self):
        plan = self._start(number=2)
        self.assertRecordValues(
            plan,
            [
                {
                    "state": "active",
                    "token_id": self.card.id,
                    "agreed_by_id": self.client_user.id,
                    "agreed_ip": "203.0.113.7",
                }
            ],
        )
        first, second = plan.charge_ids
        self.assertEqual(first.next_date, self._in_days(7))
        self._come(first)
        self.assertEqual(first.state, "noticed")
        self.assertIn("50.00", self._get_mails("your card will be").body_html)
        self._come(first)
        self.assertEqual((self.sent, first.state), ([50], "done"))
        self.assertEqual(self.bill.amount_residual, 50)
        self._come(second)
        self._come(second)
        self.assertEqual((self.sent, self.bill.amount_residual), ([50, 50], 0))
        self._run()
        self.assertEqual(plan.state, "done")
        self.assertIn("completed", self._get_activities(plan).summary)

    def test_without_a_card_each_instalment_is_a_link_on_its_day(self):
        plan = self._start(number=2, with_card=False)
        first = plan.charge_ids[0]
        self.assertEqual(first.next_date, self._in_days(10))
        self._come(first)
        self.assertEqual((first.state, self.sent), ("link_sent", []))
        self.assertIn("50.00", self._get_mails("please pay").body_html)
        self.assertFalse(self._get_activities(first))
        self._pay(self.bill, 50)
        self._run()
        self.assertEqual(first.state, "done")
        self.assertEqual(self._get_amounts(plan), [50])

    def test_a_plan_covers_several_invoices(self):
        plan = self._start(self.bill | self.second_bill, number=2)
        for charge in plan.charge_ids:
            self._come(charge)
            self._come(charge)
        self.assertEqual(self.sent, [75, 75])
        self.assertEqual(sum(plan.invoice_ids.mapped("amount_residual")), 0)

    def test_an_instalment_is_linked_to_the_invoices_that_its_money_reaches(self):
        plan = self._start(self.bill | self.second_bill, number=3)
        (charge, *_later) = plan.charge_ids
        self.answers = ["pending"]
        self._come(charge)
        self._come(charge)
        tx = charge.transaction_id
        self.assertEqual((tx.amount, tx.state), (50, "pending"))
        self.assertEqual(tx.invoice_ids, self.second_bill)
        tx._set_done()
        tx._post_process()
        self.assertEqual(tx.payment_id.invoice_ids, self.second_bill)
        self.assertEqual(self.second_bill.amount_residual, 0)
        self.assertEqual(self.bill.amount_residual, 100)

    def test_what_is_tampered_with_starts_nothing(self):
        plan = self._propose()
        foreign = self._save_card(self.other_client)
        for values in (
            {"card_id": str(foreign.id)},
            {"card_id": "x"},
            {"wording": ""},
            {"wording": "I pay nothing."},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self._accept(plan, **values)
        self.assertEqual(plan.state, "proposed")

    def test_a_plan_is_accepted_once_and_only_while_it_is_what_is_owed(self):
        plan = self._propose()
        self._pay(self.bill, 10)
        with self.assertRaises(UserError):
            self._accept(plan)
        other = self._propose(self.second_bill)
        self._accept(other)
        with self.assertRaises(UserError):
            self._accept(other)

    # === WHILE IT IS ACTIVE === #

    def test_its_invoices_are_left_alone_by_autopay_and_reminders(self):
        self._agree()
        self._run()
        autopay = self._get_charges()
        self._start(number=2)
        self.assertEqual(autopay.state, "cancelled")
        self.assertTrue(self.bill._clinic_has_reason(IN_PLAN))
        self.assertFalse(self.bill._clinic_filter_for(REMINDER))
        self.assertEqual(
            (self.bill | self.second_bill)._clinic_filter_for(REMINDER),
            self.second_bill,
        )
        self._run()
        planned = self._get_charges() - autopay
        self.assertEqual(set(planned.mapped("origin")), {"instalment"})
        self.assertFalse(self.bill._clinic_get_payment_obstacle(), "by hand")

    def test_what_is_paid_by_hand_shrinks_the_last_instalments(self):
        plan = self._start(number=4)
        self._pay(self.bill, 30)
        self._run()
        self.assertEqual(self._get_amounts(plan), [25, 25, 20])
        self._pay(self.bill)
        self._run()
        self.assertEqual((plan.state, self._get_amounts(plan)), ("done", []))
        self.assertEqual(self.sent, [])

    def test_what_is_credited_ends_the_plan(self):
        plan = self._start()
        self._credit(self.bill)
        self._run()
        self.assertEqual((plan.state, self.sent), ("cancelled", []))
        self.assertTrue(self._get_activities(plan))

    def test_a_charge_on_its_way_is_not_taken_twice_from_the_rest(self):
        self.answers = ["pending"]
        plan = self._start(number=2)
        first = plan.charge_ids[0]
        self._come(first)
        self._come(first)
        self.assertEqual(first.state, "charging")
        self._run()
        self.assertEqual(self._get_amounts(plan), [50, 50])

    def test_a_declined_instalment_ends_in_a_link_and_unpaid_it_breaks_the_plan(self):
        self.answers = ["error"]
        self.practice.clinic_charge_retry_days = ""
        plan = self._start(number=2)
        first, second = plan.charge_ids
        self._come(first)
        self._come(first)
        self.assertEqual(first.state, "link_sent")
        self.assertTrue(self._get_activities(first))
        self._run()
        self.assertEqual(plan.state, "active")
        first.noticed_on = self._get_today() - timedelta(days=30)
        self._run()
        self.assertEqual((plan.state, second.state), ("broken", "cancelled"))
        self.assertIn("broken", self._get_activities(plan).summary)
        self.assertEqual(self.bill._clinic_filter_for(REMINDER), self.bill)

    def test_a_plan_that_ends_while_it_is_charged_tries_no_card_again(self):
        plan = self._start(number=2)
        first = plan.charge_ids[0]
        self._come(first)
        self.answers = ["pending"]
        self._come(first)
        plan.with_user(self.biller).action_cancel()
        first.transaction_id._set_error("Insufficient funds.")
        self._run()
        self._come(first)
        self.assertEqual((self.sent, first.state), ([50], "cancelled"))

    def test_what_is_billed_to_somebody_else_leaves_the_plan(self):
        plan = self._start(self.bill | self.second_bill, number=2)
        self._bill_to(self.bill, self.other_client)
        for charge in plan.charge_ids:
            self._come(charge)
            self._come(charge)
        self.assertEqual(sum(self.sent), 50)
        self.assertEqual(self.bill.amount_residual, 100)

    def test_a_plan_waits_for_what_autopay_is_charging(self):
        self._agree()
        self._run()
        charge = self._get_charges()
        plan = self._propose()
        self.answers = ["pending"]
        self._come(charge)
        # Its outcome is known, and the job has not looked yet.
        charge.transaction_id._set_error("Insufficient funds.")
        with self.assertRaises(UserError):
            self._accept(plan)
        self.assertEqual(plan.state, "proposed")

    def test_a_plan_whose_dates_have_passed_is_not_charged_at_once(self):
        plan = self._propose(number=3, interval="week")
        for charge in plan.charge_ids:
            charge.date = fields.Date.subtract(charge.date, days=18)
        with self.assertRaises(UserError):
            self._accept(plan, self.card)
        self.assertEqual(plan.state, "proposed")

    def test_who_is_told_late_of_an_instalment_still_has_time_to_object(self):
        plan = self._start(number=2)
        plan.agreed_on = fields.Datetime.now() - timedelta(days=30)
        first = plan.charge_ids[0]
        first.date = self._in_days(0)
        self._come(first)
        self.assertRecordValues(first, [{"state": "noticed", "date": self._in_days(3)}])
        self._run()
        self.assertEqual(self.sent, [])

    def test_who_accepts_a_plan_that_starts_today_is_charged_today(self):
        self._start(number=2, first_date=self._in_days(0))
        self._run()
        self._run()
        self.assertEqual(self.sent, [50])

    def test_an_instalment_that_was_called_off_before_leaves_the_rest_acceptable(self):
        plan = self._propose(number=2)
        plan.charge_ids[1].with_user(self.biller).action_cancel()
        self._pay(self.bill, 50)
        self._accept(plan)
        self.assertEqual(plan.charge_ids.mapped("state"), ["planned", "cancelled"])

    def test_trouble_with_one_plan_stops_no_other(self):
        broken = self._start(number=2)
        plan = self._start(self.second_bill, number=2)
        self.patch(
            type(plan),
            "_shrink",
            lambda each: each.ensure_one() and 1 / (each.id - broken.id),
        )
        self._pay(self.second_bill)
        with self.assertLogs(PLAN_LOGGER, "ERROR"):
            self._run()
        self.assertEqual((broken.state, plan.state), ("active", "done"))

    def test_without_its_card_a_plan_goes_on_with_links(self):
        plan = self._start(number=2)
        self.card.active = False
        first = plan.charge_ids[0]
        self.assertTrue(self._get_activities(plan))
        self._come(first)
        self.assertEqual((first.state, self.sent), ("link_sent", []))
        self.assertEqual(plan.state, "active")

    def test_the_practice_ends_a_plan(self):
        plan = self._start()
        plan.with_user(self.biller).action_cancel()
        self.assertEqual(set(plan.charge_ids.mapped("state")), {"cancelled"})
        self.assertFalse(self.bill._clinic_has_reason(IN_PLAN))

    # === PAGES === #

    def test_staff_see_as_owed_what_is_on_a_plan(self):
        self._start()
        both = self.bill | self.second_bill
        self.assertEqual(self.bill._clinic_get_owed_by_same_payer(), both)
        self.assertTrue(self.bill._clinic_is_due_at_desk())

    def test_a_client_reads_and_accepts_a_plan_in_the_portal(self):
        plan = self._propose(number=2)
        url = f"/my/billing/plans/{plan.id}"
        self.authenticate("client", "client")
        self.assertIn("Payment plan to accept", self._get_text("/my/billing"))
        page = self._get_text(url)
        self.assertIn("50.00", page)
        self.assertIn(f"Invoice {self.bill.name}", page)
        self.assertIn("I agree to pay", page)
        data = {
            "card_id": self.card.id,
            "wording": plan._get_wording(),
            "shown": self._read_input(url),
        }
        self._post(f"{url}/accept", **data)
        self.assertEqual(plan.state, "proposed", "not ticked")
        self._post(f"{url}/accept", **data, agree="yes")
        self.assertEqual(plan.state, "active")
        self.assertIn("charged to your card", self._get_text(url))
        self.assertIn("Payment plan", self._get_text("/my/billing"))

    def test_what_is_billed_to_an_address_is_paid_by_the_client_behind_it(self):
        address = self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        bill = self._invoice(self._create_service())
        self.assertEqual(bill.partner_id, address)
        plan = self._start(bill, number=1)
        self.assertEqual(len(self._get_mails("pay in instalments")), 1)
        self._come(plan.charge_ids)
        self._come(plan.charge_ids)
        self.assertEqual((self.sent, bill.amount_residual), ([100], 0))

    def test_a_client_declines_a_plan(self):
        plan = self._propose()
        self.authenticate("client", "client")
        for _click in range(2):
            self._post(f"/my/billing/plans/{plan.id}/decline")
        self.assertEqual(plan.state, "cancelled")
        self.assertIn("declined", self._get_activities(plan).summary)

    def test_somebody_elses_plan_is_answered_like_one_that_does_not_exist(self):
        plan = self._propose()
        self.authenticate("other_client", "other_client")
        answers = {
            self._get(f"/my/billing/plans/{number}").status_code
            for number in (plan.id, 2**31 - 1, 2**31, 2**80, 0)
        }
        self.assertEqual(answers, {404})
        for verb in ("accept", "decline"):
            url = f"/my/billing/plans/{plan.id}/{verb}"
            self.assertEqual(self._post(url, agree="yes").status_code, 404)
        self.assertEqual(plan.state, "proposed")

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.reminders.clinic_reminder import Step
from ...rules.askers import UNANSWERED
from ..common_online import OnlineCommon

DUE = "2024-04-30"


@tagged("post_install", "-at_install")
class TestReminders(OnlineCommon):
    """Clients are asked for what is overdue, each step once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The job's own rights: nobody else writes reminders.
        cls.reminders = cls.env["clinic.reminder"].sudo()
        cls.other_client.email = "otto@example.com"
        cls.bill = cls._bill()
        cls.second_bill = cls._bill(price_unit=40)
        cls.practice.write({"clinic_reminders": True, "clinic_reminder_days": "3, 14"})
        cls.env.flush_all()

    @classmethod
    def _bill(cls, due=DUE, **values):
        bill = cls._invoice(cls._create_service(**values))
        bill.invoice_date_due = due
        return bill

    def _run(self, day):
        """Run the job on that day; return what it has sent."""
        before = self.reminders.search([])
        self.env.flush_all()
        with freeze_time(f"{day} 06:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_invoicing.ir_cron_send_reminders").with_context(
                tz="UTC"
            ).method_direct_trigger()
        self.env.invalidate_all()
        return self.reminders.search([]) - before

    def _get_mails(self, reminders):
        return self.env["mail.mail"].search(
            [("model", "=", "clinic.reminder"), ("res_id", "in", reminders.ids)]
        )

    def _remind(self, bills, user=None):
        return bills.with_user(user or self.biller).action_clinic_remind()

    def test_biller_reads_that_nobody_is_reminded_while_clients_cannot_pay(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("account_payment.enable_portal_payment", False)
        with self.assertRaisesRegex(UserError, "cannot pay in the portal"):
            self._remind(self.bill)
        self.assertFalse(self.reminders.search([("partner_id", "=", self.client.id)]))

    # === THE SCHEDULE === #

    def test_each_step_is_sent_once(self):
        for day, is_sent in (
            ("2024-04-30", False),
            ("2024-05-02", False),
            ("2024-05-03", True),
            ("2024-05-03", False),
            ("2024-05-04", False),
            ("2024-05-13", False),
            ("2024-05-14", True),
            ("2024-05-15", False),
            ("2024-12-31", False),
        ):
            with self.subTest(day=day):
                self.assertEqual(len(self._run(day)), is_sent)

    def test_the_day_counts_where_the_practice_is(self):
        self.practice.partner_id.tz = "Pacific/Honolulu"
        self.assertFalse(self._run("2024-05-03"), "it is the evening of the second")
        self.assertTrue(self._run("2024-05-04"))

    def test_a_payer_gets_one_email_for_all_that_is_open(self):
        self._pay(self.second_bill, 15)
        third = self._bill(patient=self.other_client)
        sent = self._run("2024-05-03")
        self.assertEqual(sent.partner_id, self.client | self.other_client)
        reminder = sent.filtered(lambda each: each.partner_id == self.client)
        self.assertEqual(reminder.line_ids.move_id, self.bill | self.second_bill)
        self.assertEqual(reminder.amount, 125)
        self.assertEqual(reminder.email, "clara@example.com")
        mail = self._get_mails(reminder)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.client)
        for text in (self.bill.name, "04/30/2024", "100.00", "25.00", "125.00"):
            self.assertIn(text, mail.body_html)
        self.assertIn("/clinic/pay/", mail.body_html)
        for secret in ("Consultation", "Pat Practitioner", "03/12/2024", third.name):
            self.assertNotIn(secret, mail.body_html)
        self.assertEqual(
            self.bill.with_user(self.biller).clinic_reminded_on, reminder.date
        )

    def test_children_are_paid_for_in_the_same_email(self):
        self._bill(patient=self.child)
        sent = self._run("2024-05-03")
        self.assertEqual(sent.partner_id, self.client)
        self.assertEqual(len(sent.line_ids), 3)

    def test_invoices_to_an_address_of_the_payer_are_in_the_same_email(self):
        address = self.env["res.partner"].create(
            {"name": "Office", "type": "invoice", "parent_id": self.client.id}
        )
        bill = self._bill(bill_to_id=address.id)
        self.assertEqual(bill.partner_id, address)
        sent = self._run("2024-05-03")
        self.assertEqual(sent.partner_id, self.client)
        self.assertIn(bill, sent.line_ids.move_id)
        self.assertIn("/my/billing", self._get_mails(sent).body_html)

    def test_turned_on_late_only_the_latest_step_is_sent(self):
        self.practice.clinic_reminders = False
        self.assertFalse(self._run("2024-06-30"))
        self.practice.clinic_reminders = True
        sent = self._run("2024-07-01")
        self.assertEqual(sent.line_ids.mapped("step"), [14, 14])
        self.assertFalse(self._run("2024-07-02"))

    def test_each_part_is_asked_for_from_its_own_day_on(self):
        self._pay(self.bill | self.second_bill)
        self.client.property_payment_term_id = self._create_term((30, 0), (70, 60))
        service = self._create_service(price_unit=1000)
        bill = self._invoice(service, invoice_date=DUE)
        for day, amount, due in (
            ("2024-05-02", 0, None),
            ("2024-05-03", 300, "2024-04-30"),
            ("2024-05-14", 300, "2024-04-30"),
            ("2024-07-01", 0, None),
            ("2024-07-02", 1000, "2024-06-29"),
            ("2024-07-13", 1000, "2024-06-29"),
            ("2024-07-14", 0, None),
        ):
            with self.subTest(day=day):
                line = self._run(day).line_ids
                self.assertEqual(line.amount, amount)
                self.assertEqual(line.move_id, bill if amount else bill.browse())
                self.assertEqual(str(line.date_due or None), str(due))

    def test_a_part_that_is_paid_is_not_asked_for(self):
        self._pay(self.bill | self.second_bill)
        self.client.property_payment_term_id = self._create_term((30, 0), (70, 60))
        service = self._create_service(price_unit=1000)
        bill = self._invoice(service, invoice_date=DUE)
        self._pay(bill, 300)
        self.assertFalse(self._run("2024-05-03"))
        self.assertEqual(self._run("2024-07-02").amount, 700)

    def test_what_is_not_due_yet_is_told_by_hand_with_its_day(self):
        self.client.property_payment_term_id = self._create_term((30, 30), (70, 60))
        today = self.practice._clinic_get_day()
        service = self._create_service(price_unit=1000)
        bill = self._invoice(service, invoice_date=today)
        self._remind(bill)
        line = self.reminders.search([("line_ids.move_id", "=", bill.id)]).line_ids
        self.assertEqual((line.amount, (line.date_due - today).days), (300, 30))

    def test_days_before_the_due_date_can_be_chosen(self):
        self.practice.clinic_reminder_days = "-5, 3"
        self.assertFalse(self._run("2024-04-24"))
        self.assertTrue(self._run("2024-04-25"))
        self.assertFalse(self._run("2024-04-30"))
        self.assertTrue(self._run("2024-05-03"))

    def test_a_schedule_that_is_none_is_refused(self):
        for days in ("three", "3; 14", "1.5", "", " , ", "99999"):
            with self.subTest(days=days), self.assertRaises(ValidationError):
                self.practice.clinic_reminder_days = days
                self.practice.flush_recordset()

    # === NEVER === #

    def test_what_is_paid_or_cancelled_is_not_asked_for(self):
        self._pay(self.bill)
        self._credit(self.second_bill)
        self.assertFalse(self._run("2024-05-03"))

    def test_what_is_clearing_waits(self):
        self._go_online(self.provider)
        tx = self._attempt(self.bill, state="pending")
        self.assertEqual(self._run("2024-05-03").line_ids.move_id, self.second_bill)
        tx.state = "cancel"
        self.assertEqual(self._run("2024-05-05").line_ids.move_id, self.bill)

    def test_what_a_card_is_about_to_pay_is_not_asked_for(self):
        charge = self.env["clinic.scheduled.charge"].sudo()
        charge = charge.create(
            {
                "partner_id": self.client.id,
                "company_id": self.practice.id,
                "currency_id": self.bill.currency_id.id,
                "origin": "autopay",
                "invoice_ids": [Command.set(self.bill.ids)],
                "amount": 100,
                "date": "2024-05-05",
            }
        )
        reminded = self._run("2024-05-03")
        self.assertEqual(reminded.line_ids.move_id, self.second_bill)
        with self.assertRaises(UserError):
            self._remind(self.bill)
        charge._set_cancelled("Autopay is off.")
        self.assertEqual(self._run("2024-05-04").line_ids.move_id, self.bill)

    def test_what_an_insurer_has_to_answer_waits(self):
        (self.bill | self.second_bill).clinic_no_reminders = True
        service = self._create_service(rate=self.insurer_rate)
        service.share_ids = [
            Command.create({"payer_type": "patient", "fixed_amount": 30})
        ]
        bill = self._invoice(service)
        bill.invoice_date_due = DUE
        self.assertTrue(bill._clinic_has_reason(UNANSWERED))
        self.assertFalse(self._run("2024-05-03"))

    def test_invoices_without_services_are_left_alone(self):
        plain = self._create_invoice_one_line(
            price_unit=10,
            partner_id=self.client,
            invoice_date="2024-04-01",
            tax_ids=[],
            post=True,
        )
        sent = self._run("2024-05-20")
        self.assertNotIn(plain, sent.line_ids.move_id)

    def test_reminders_can_be_paused(self):
        self.bill.with_user(self.biller).clinic_no_reminders = True
        self.assertEqual(self._run("2024-05-03").line_ids.move_id, self.second_bill)
        self.client.with_user(self.biller).clinic_no_reminders = True
        self.assertFalse(self._run("2024-05-14"))
        self.client.clinic_no_reminders = False
        self.assertEqual(self._run("2024-05-15").line_ids.move_id, self.second_bill)

    def test_payers_without_address_are_listed(self):
        self.client.email = False
        self.assertFalse(self._run("2024-05-03"))
        view = self.env.ref("account.view_account_invoice_filter")
        moves = self.env["account.move"].with_user(self.biller)
        self.assertIn("clinic_no_email", moves.get_view(view.id)["arch"])
        action = self.env.ref("clinic_invoicing.account_move_action_no_email")
        self.assertIn("search_default_clinic_no_email", action.context)
        found = self.env["account.move"].search(
            [
                ("clinic_has_services", "=", True),
                ("partner_id.email", "=", False),
                "|",
                ("partner_id.type", "=", "contact"),
                ("partner_id.parent_id.email", "=", False),
            ]
        )
        self.assertLessEqual(self.bill | self.second_bill, found)

    def test_other_practices_have_their_own_schedule(self):
        hill = self.setup_other_company(name="Hill Clinic")["company"]
        self.assertFalse(hill.clinic_reminders)
        hill.write({"clinic_reminders": True, "clinic_reminder_days": "1"})
        self.assertFalse(self._run("2024-05-01"))
        self.assertEqual(self._run("2024-05-03").company_id, self.practice)

    # === BY HAND === #

    def test_billers_remind_now(self):
        action = self._remind(self.bill | self.second_bill)
        self.assertEqual(action["params"]["type"], "success")
        reminder = self.reminders.search([])
        self.assertEqual(len(reminder), 1)
        self.assertEqual(self._get_mails(reminder).recipient_ids, self.client)
        # The schedule goes on.
        self.assertTrue(self._run("2024-05-03"))

    @mute_logger("odoo.sql_db")
    def test_nobody_is_reminded_by_hand_twice_a_day(self):
        self._remind(self.bill)
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self._remind(self.bill)
        self.assertEqual(len(self.reminders.search([])), 1)

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_the_same_step_twice(self):
        steps = {self.bill: Step(3, fields.Date.to_date(DUE))}
        self.reminders._send(self.bill.sudo(), steps)
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.reminders._send(self.bill.sudo(), steps)
        self.assertEqual(len(self._get_mails(self.reminders.search([]))), 1)

    def test_what_cannot_be_asked_for_is_named(self):
        self._pay(self.bill)
        with self.assertRaisesRegex(UserError, "None of these"):
            self._remind(self.bill)
        message = self._remind(self.bill | self.second_bill)["params"]["message"]
        self.assertIn(f"Not reminded: {self.bill.name}", message)

    def test_only_billers_remind(self):
        for user in (self.front_desk, self.employee, self.client_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._remind(self.bill, user)
        self.assertFalse(self.reminders.search([]))

    def test_clients_neither_read_nor_write_reminders(self):
        reminder = self._run("2024-05-03")
        for model in (reminder, reminder.line_ids):
            own = model.with_user(self.client_user)
            with self.assertRaises(AccessError):
                own.read(["date"])
            with self.assertRaises(AccessError):
                own.create({})
            for user in (self.front_desk, self.employee):
                with self.assertRaises(AccessError):
                    model.with_user(user).read(["date"])
            with self.assertRaises(AccessError):
                model.with_user(self.biller).unlink()
        for field in ("clinic_reminded_on", "clinic_no_reminders"):
            with self.assertRaises(AccessError):
                self.bill.with_user(self.client_user).read([field])
        with self.assertRaises(AccessError):
            self.bill.with_user(self.client_user).write({"clinic_no_reminders": True})

    def test_billers_of_another_practice_see_nothing(self):
        self._run("2024-05-03")
        hill = self.setup_other_company(name="Hill Clinic")["company"]
        stranger = self._create_user(
            "hill_biller",
            "clinic_invoicing.group_biller",
            company_id=hill.id,
            company_ids=[Command.set(hill.ids)],
        )
        for model in ("clinic.reminder", "clinic.reminder.line"):
            self.assertFalse(self.env[model].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self._remind(self.bill, stranger)

    # === LANGUAGE AND SAFETY === #

    def test_each_payer_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("clinic_invoicing.clinic_reminder_mail_template")
        template.with_context(lang="fr_FR").subject = "Rappel"
        self._bill(patient=self.other_client)
        self.client.lang = "fr_FR"
        mails = self._get_mails(self._run("2024-05-03"))
        by_payer = {mail.recipient_ids: mail for mail in mails}
        self.assertEqual(by_payer[self.client].subject, "Rappel")
        self.assertIn("30/04/2024", by_payer[self.client].body_html)
        other = by_payer[self.other_client]
        self.assertEqual(other.subject, "Harbour Clinic: payment reminder")
        self.assertIn("04/30/2024", other.body_html)

    def test_names_are_not_run_as_code(self):
        self.client.name = "{{ 12345*54321 }}<b>x</b><t t-out='12345*54321'/>"
        mail = self._get_mails(self._run("2024-05-03"))
        self.assertNotIn("670592745", mail.body_html)
        self.assertIn("&lt;b&gt;", mail.body_html)

    # === MANY === #

    def _count_queries(self, bills):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.reminders._remind(self.practice, bills)
        return self.env.cr.sql_log_count - before

    def test_more_invoices_of_a_payer_cost_no_more_queries(self):
        with freeze_time("2024-05-03 12:00:00"):
            few = self._count_queries(self.bill | self.second_bill)
            services = self._create_services(20, patient=self.other_client)
            bills = self._invoice(services, grouping="service")
            bills.invoice_date_due = DUE
            self.assertEqual(len(bills), 20)
            many = self._count_queries(bills)
        self.assertLessEqual(many, few + 8)

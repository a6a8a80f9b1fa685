from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common_money_owed import MoneyOwedCommon


@tagged("post_install", "-at_install")
class TestStatements(MoneyOwedCommon, AccountPaymentCommon):
    """A statement tells what happened in a period, and ends at what is open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company(name="Hill Clinic")["company"]
        cls.euro = cls.setup_other_currency("EUR")

    def _create_statement(self, partners=None, user=None, **values):
        values.setdefault("period", "custom")
        values.setdefault("date_from", "2024-02-01")
        values.setdefault("date_to", "2024-04-30")
        return (
            self.env["clinic.statement"]
            .with_user(user or self.biller)
            .create(
                {"partner_ids": [Command.set((partners or self.client).ids)], **values}
            )
        )

    def assertTiesOut(self, date_from="2024-03-15", partner=None):
        """At any day a statement ends at what Money Owed says."""
        partner = partner or self.client
        for date_to in ("2024-03-31", "2024-04-02", "2024-04-07", "2024-04-30"):
            for statement in self._get_statements(date_from, date_to, partner):
                row = self._get_row(partner, date_to, statement["currency"])
                balance = row[-1] if row else 0
                with self.subTest(date_to=date_to, currency=statement["currency"].name):
                    self.assertEqual(statement["closing"], balance)
                    aged = sum(amount for _label, amount in statement["aging"])
                    self.assertAlmostEqual(aged, balance)

    # === THE ENTRIES === #

    def test_it_tells_what_happened_with_a_running_balance(self):
        self.assertEqual(
            self._get_entries("2024-02-01", "2024-04-30"),
            [
                ("2024-02-20", "invoice", 200, 300),
                ("2024-03-31", "invoice", 50, 350),
                ("2024-04-02", "payment", -80, 270),
                ("2024-04-05", "credit_note", -20, 250),
                ("2024-04-10", "payment", -30, 220),
            ],
        )
        statement = self._get_statement("2024-02-01", "2024-04-30")
        self.assertEqual((statement["opening"], statement["closing"]), (100, 220))
        self.assertEqual(
            [amount for _label, amount in statement["aging"]],
            [0, 30, 0, 120, 100, -30],
        )
        names = [entry["name"] for entry in statement["entries"]]
        self.assertEqual(names[0], self.february.name)

    def test_the_first_and_the_last_day_belong_to_it(self):
        entries = self._get_entries("2024-02-20", "2024-04-05")
        self.assertEqual(len(entries), 4)
        entries = self._get_entries("2024-02-21", "2024-04-04")
        self.assertEqual(len(entries), 2)

    def test_it_ends_at_what_is_open(self):
        self.assertTiesOut()

    def test_money_that_goes_back_is_a_refund(self):
        with freeze_time("2024-04-07 12:00:00"):
            self.part_payment._clinic_give_back(30, "Paid too much")
        entries = self._get_entries("2024-04-06", "2024-04-30")
        self.assertEqual(entries[0], ("2024-04-07", "refund", 30, 280))
        self.assertTiesOut()

    def test_a_payment_that_never_was_is_not_told(self):
        self.part_payment.with_user(self.manager)._clinic_undo(
            "never_charged", 80, "Typed by mistake"
        )
        kinds = [entry[1] for entry in self._get_entries("2024-02-01", "2024-04-30")]
        self.assertEqual(kinds.count("payment"), 1)
        self.assertTiesOut()

    def test_each_currency_has_its_own(self):
        invoice = self._create_invoice_one_line(
            price_unit=300,
            partner_id=self.client,
            currency_id=self.euro,
            invoice_date="2024-04-01",
            tax_ids=[],
            post=True,
        )
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create(
            {"payment_date": "2024-04-03", "currency_id": self.practice.currency_id.id}
        )._create_payments()
        euros, dollars = self._get_statements("2024-04-01", "2024-04-30")
        self.assertEqual(euros["currency"], self.euro)
        self.assertEqual(
            [(entry["kind"], entry["amount"]) for entry in euros["entries"]],
            [("invoice", 300), ("payment", -300)],
        )
        # The money was all used in the other currency.
        self.assertEqual(dollars["closing"], 220)
        self.assertTiesOut()

    def test_what_was_written_off_was_not_paid(self):
        self._pay_and_write_off(self.january | self.february, 215)
        self.assertEqual(
            self._get_entries("2024-04-02", "2024-04-05"),
            [
                ("2024-04-02", "payment", -80, 270),
                ("2024-04-02", "payment", -215, 55),
                ("2024-04-02", "adjustment", -5, 50),
                ("2024-04-05", "credit_note", -20, 30),
            ],
        )
        self.assertEqual(self._get_statement("2024-04-03", "2024-04-05")["opening"], 50)
        self.assertTiesOut()

    def test_a_discount_falls_when_its_money_goes_back(self):
        payment = self._pay_and_write_off(self.january, 95)
        with freeze_time("2024-04-07 12:00:00"):
            payment._clinic_give_back(95, "Paid twice")
        self.assertEqual(
            [entry[1:3] for entry in self._get_entries("2024-04-06", "2024-04-09")],
            [("refund", 95), ("adjustment", 5)],
        )
        self.assertTiesOut()

    def test_a_discount_falls_with_its_invoice(self):
        self._pay_and_write_off(self.january, 95)
        with freeze_time("2024-04-07 12:00:00"):
            self.january._clinic_void("Wrong patient", money="keep")
        self.assertEqual(
            sorted(
                entry[1:3] for entry in self._get_entries("2024-04-06", "2024-04-09")
            ),
            [("adjustment", 5), ("credit_note", -100)],
        )
        self.assertTiesOut()

    def test_what_an_employer_wrote_off_was_not_paid(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        people = self.other_client | self.child
        people.clinic_guarantor_id = False
        people.parent_id = employer
        first = self._bill(75, "2024-04-01", patient=self.other_client)
        second = self._bill(50, "2024-04-01", patient=self.child)
        self._pay_and_write_off(first | second, 65)
        entries = ("2024-04-02", "2024-04-30")
        self.assertEqual(
            self._get_entries(*entries, self.child),
            [("2024-04-02", "adjustment", -50, 0)],
        )
        self.assertEqual(
            self._get_entries(*entries, self.other_client),
            [
                ("2024-04-02", "payment", -65, 10),
                ("2024-04-02", "adjustment", -10, 0),
            ],
        )
        self.assertEqual(self._get_entries(*entries, employer), [])
        for partner in (employer, *people):
            self.assertTiesOut(partner=partner)

    def test_what_was_used_for_others_at_once_is_not_told_as_written_off(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self.other_client.parent_id = employer
        bill = self._bill(75, "2024-04-02", patient=self.other_client)
        account = self.company_data["default_account_expense"]
        payment = self._receive(
            90,
            "2024-04-02",
            employer,
            write_off_line_vals=[
                {
                    "name": "Discount",
                    "account_id": account.id,
                    "partner_id": employer.id,
                    "currency_id": self.practice.currency_id.id,
                    "amount_currency": 5,
                    "balance": 5,
                }
            ],
        )
        payment._clinic_pay_invoices(bill)
        self.assertEqual(
            self._get_entries("2024-04-02", "2024-04-30", employer),
            [("2024-04-02", "payment", -20, -20)],
        )
        self.assertEqual(
            [
                entry[1:]
                for entry in self._get_entries(
                    "2024-04-02", "2024-04-30", self.other_client
                )
            ],
            [("invoice", 75, 75), ("payment", -70, 5), ("adjustment", -5, 0)],
        )

    def test_companies_have_their_own(self):
        self._create_invoice_one_line(
            price_unit=70,
            partner_id=self.client,
            company_id=self.other_company,
            invoice_date="2024-04-01",
            tax_ids=[],
            post=True,
        )
        entries = self._get_entries(
            "2024-04-01", "2024-04-30", company=self.other_company
        )
        self.assertEqual(entries, [("2024-04-01", "invoice", 70, 70)])
        self.assertEqual(len(self._get_entries("2024-04-01", "2024-04-30")), 3)

    def test_a_clients_invoice_that_their_employer_has_paid_is_paid(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self.other_client.parent_id = employer
        bill = self._bill(75, "2024-04-01", patient=self.other_client)
        payment = self._pay(bill, 25)
        self.assertEqual(payment.partner_id, employer)
        self.assertEqual(
            self._get_entries("2024-04-01", "2024-04-30", self.other_client),
            [("2024-04-01", "invoice", 75, 75), ("2024-04-02", "payment", -25, 50)],
        )
        # What was paid at once for another is not told the employer as credit.
        self.assertEqual(self._get_entries("2024-04-01", "2024-04-30", employer), [])
        self.assertTiesOut(partner=self.other_client)
        self.assertTiesOut(partner=employer)

    def test_money_used_later_for_somebody_else_is_told(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self.other_client.parent_id = employer
        payment = self._receive(25, "2024-04-02", employer)
        bill = self._bill(75, "2024-04-07", patient=self.other_client)
        payment._clinic_pay_invoices(bill)
        self.assertEqual(
            self._get_entries("2024-04-01", "2024-04-30", employer),
            [("2024-04-02", "payment", -25, -25), ("2024-04-07", "transfer", 25, 0)],
        )
        self.assertTiesOut(partner=employer)
        self.assertTiesOut(partner=self.other_client)

    def test_what_is_sent_to_an_address_belongs_to_the_client(self):
        self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        self._bill(60, "2024-04-01")
        kinds = [entry[1:3] for entry in self._get_entries("2024-04-01", "2024-04-01")]
        self.assertEqual(kinds, [("invoice", 60)])

    def test_any_period_can_be_asked_for(self):
        for date_from, date_to, closing in (
            ("0001-01-01", "9999-12-31", 220),
            ("0001-01-01", "0001-01-01", 0),
            ("9999-12-31", "9999-12-31", 220),
        ):
            statement = self._get_statement(date_from, date_to)
            self.assertEqual(statement["closing"], closing)

    def test_several_payers_cost_no_more_queries_than_one(self):
        bill = self._bill(75, "2024-03-01", patient=self.other_client)
        self._pay_and_write_off(bill, 70)
        self._pay_and_write_off(self.january, 70)
        both = self.client | self.other_client
        counts = []
        # The first time fills caches that have nothing to do with it.
        for partners in (both, self.client, both):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            partners._clinic_get_statements(
                self.practice, date(2024, 1, 1), date(2024, 4, 30)
            )
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_one_of_two_pages_is_a_pdf(self):
        for day in range(45):
            self._create_invoice_one_line(
                price_unit=10,
                partner_id=self.client,
                invoice_date=date(2024, 2, 1) + timedelta(days=day),
                tax_ids=[],
                post=True,
            )
        first, *_more, last = self._read_pdf(
            "clinic_statement_report", self._create_statement()
        )
        self.assertIn("Opening balance", first)
        self.assertIn("Closing balance", last)
        self.assertIn("670.00", last)
        self.assertIn("More than 90", last)

    # === THE DIALOG === #

    @freeze_time("2024-05-15 12:00:00")
    def test_periods_are_offered_and_end_today_at_the_latest(self):
        for period, dates in {
            "this_month": ("2024-05-01", "2024-05-15"),
            "last_month": ("2024-04-01", "2024-04-30"),
            "this_quarter": ("2024-04-01", "2024-05-15"),
            "last_quarter": ("2024-01-01", "2024-03-31"),
            "this_year": ("2024-01-01", "2024-05-15"),
        }.items():
            statement = self.env["clinic.statement"].create(
                {"partner_ids": [Command.set(self.client.ids)], "period": period}
            )
            with self.subTest(period=period):
                self.assertEqual(
                    (str(statement.date_from), str(statement.date_to)), dates
                )

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            self._create_statement(date_from="2024-05-01", date_to="2024-04-30")

    def test_it_is_opened_for_contacts_and_for_rows_of_money_owed(self):
        address = self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        action = address.with_user(self.biller).action_clinic_statement()
        self.assertEqual(action["context"]["default_partner_ids"], self.client.ids)
        rows = self._get_aging().filtered(lambda row: row.partner_id == self.client)
        action = rows.action_statement()
        self.assertEqual(action["context"]["default_partner_ids"], self.client.ids)
        self.assertEqual(
            self._create_statement().action_print()["report_name"],
            "clinic_invoicing.report_statement",
        )

    def test_only_billers_make_it(self):
        for user in (self.front_desk, self.employee, self.client_user):
            with self.assertRaises(AccessError):
                self._create_statement(user=user)
        statement = self._create_statement()
        with self.assertRaises(AccessError):
            statement.with_user(self.second_biller).action_send()
        with self.assertRaises(AccessError):
            self._create_statement(company_id=self.other_company.id)

    def test_it_is_sent_to_each_payer_and_names_no_service(self):
        self._bill(75, "2024-03-01", patient=self.other_client)
        self.other_client.email = "otto@example.com"
        statement = self._create_statement(self.client | self.other_client | self.child)
        before = self.env["mail.mail"].search([])
        result = statement.action_send()
        mails = self.env["mail.mail"].search([]) - before
        self.assertEqual(
            mails.recipient_ids | mails.partner_ids, self.client | self.other_client
        )
        self.assertIn("Charlie Client", result["params"]["message"])
        for mail in mails:
            self.assertNotIn("Consultation", mail.body_html + mail.subject)
            self.assertEqual(len(mail.attachment_ids), 1)
            (text,) = [attachment.raw.decode() for attachment in mail.attachment_ids]
            is_client = self.client in mail.recipient_ids
            self.assertEqual("Clara Client" in text, is_client)
            self.assertEqual("Otto Other" in text, not is_client)
            self.assertIn("02/01/2024", text)
        self.client.email = False
        with self.assertRaisesRegex(UserError, "No e-mail address"):
            self._create_statement().action_send()

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common_money_owed import MoneyOwedCommon


@tagged("post_install", "-at_install")
class TestMoneyOwed(MoneyOwedCommon, AccountPaymentCommon):
    """Who owes what, and for how long, is what accounting says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company(name="Hill Clinic")["company"]
        cls.euro = cls.setup_other_currency("EUR")

    def _get_receivable_lines(self, company=None):
        return self.env["account.move.line"].search(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", (company or self.practice).id),
            ]
        )

    def _create_euro_invoice(self, amount, date="2024-04-01"):
        return self._create_invoice_one_line(
            price_unit=amount,
            partner_id=self.client,
            currency_id=self.euro,
            invoice_date=date,
            tax_ids=[],
            post=True,
        )

    def assertEqualsAccounting(self):
        """The rows sum to what is receivable, in each currency and in the books."""
        rows = self._get_aging()
        lines = self._get_receivable_lines()
        self.assertTrue(rows)
        self.assertAlmostEqual(
            sum(rows.mapped("company_balance")), sum(lines.mapped("amount_residual"))
        )
        for currency in lines.currency_id:
            owed = lines.filtered(lambda line, each=currency: line.currency_id == each)
            balances = rows.filtered(
                lambda row, each=currency: row.currency_id == each
            ).mapped("balance")
            self.assertAlmostEqual(
                sum(balances), sum(owed.mapped("amount_residual_currency"))
            )

    # === AGES === #

    def test_a_payer_has_one_row_by_age(self):
        with freeze_time("2024-04-15 12:00:00"):
            row = [0, 30, 120, 0, 100, 30, 220]
            self.assertEqual(self._get_row(), row)

    def test_a_past_date_shows_what_was_open_then(self):
        for as_of, row in {
            "2024-01-09": [],
            "2024-01-10": [100, 0, 0, 0, 0, 0, 100],
            "2024-03-31": [50, 0, 200, 100, 0, 0, 350],
            "2024-04-01": [0, 50, 200, 100, 0, 0, 350],
            "2024-04-02": [0, 50, 120, 100, 0, 0, 270],
            "2024-04-05": [0, 30, 120, 100, 0, 0, 250],
            "2024-04-10": [0, 30, 120, 0, 100, 30, 220],
        }.items():
            with self.subTest(as_of=as_of):
                self.assertEqual(self._get_row(as_of=as_of), row)

    def test_two_dates_are_not_mixed_up_in_one_transaction(self):
        now, then = self._get_aging(), self._get_aging("2024-03-31")
        row = now.filtered(lambda row: row.partner_id == self.client)
        earlier = then.filtered(lambda row: row.partner_id == self.client)
        self.assertEqual((row, row.balance), (earlier.with_env(row.env), 220))
        self.assertEqual((earlier.balance, row.balance), (350, 220))

    def test_the_edges_of_the_ages_are_days(self):
        due = fields.Date.to_date("2024-03-31")
        items = self.env["clinic.open.item"].with_user(self.biller)
        for days, bucket in (
            (0, "current"),
            (1, "days_30"),
            (30, "days_30"),
            (31, "days_60"),
            (60, "days_60"),
            (61, "days_90"),
            (90, "days_90"),
            (91, "over_90"),
        ):
            as_of = fields.Date.to_string(due + timedelta(days=days))
            items = items.with_context(clinic_as_of=as_of)
            item = items.search([("move_id", "=", self.march.id)])
            with self.subTest(days=days):
                self.assertEqual((item.days_overdue, item.bucket), (days, bucket))

    def test_nothing_is_overdue_before_its_day_has_come(self):
        with freeze_time("2024-03-31 12:00:00"):
            self.assertEqual(
                self._get_row(as_of="2030-01-01"), [30, 0, 120, 100, 0, 30, 220]
            )

    # === IT IS ACCOUNTING === #

    def test_the_rows_sum_to_what_is_receivable(self):
        self._bill(75, "2024-03-01", patient=self.other_client)
        self._create_euro_invoice(300)
        self.assertEqualsAccounting()

    def test_money_that_goes_back_is_owed_again(self):
        self.part_payment._clinic_give_back(30, "Paid too much")
        self.assertEqual(self._get_row()[-1], 250)
        self.assertEqualsAccounting()

    def test_a_payment_that_never_was_counts_for_no_date(self):
        self.part_payment.with_user(self.manager)._clinic_undo(
            "never_charged", 80, "Typed by mistake"
        )
        self.assertEqual(
            self._get_row(as_of="2024-04-15"), [0, 30, 200, 0, 100, 30, 300]
        )
        self.assertEqualsAccounting()

    def test_void_invoices_are_not_owed(self):
        self.february.with_user(self.manager)._clinic_void("Wrong", money="keep")
        self.assertEqual(self._get_row()[-2:], [110, 20])
        self.assertEqualsAccounting()

    def test_who_owes_nothing_has_no_row(self):
        bill = self._bill(75, "2024-03-01", patient=self.other_client)
        self._pay(bill)
        self.assertEqual(self._get_row(self.other_client), [])
        self.assertEqual(
            self._get_row(self.other_client, "2024-04-01"), [0, 0, 75, 0, 0, 0, 75]
        )

    def test_draft_and_cancelled_invoices_are_not_owed(self):
        (self.january | self.february).button_draft()
        self.february.button_cancel()
        self.assertEqual(self._get_row()[-2:], [110, -80])
        self.assertEqualsAccounting()

    # === WHO === #

    def test_a_guarantor_owes_what_is_billed_to_them(self):
        self._bill(60, "2024-04-01", patient=self.child)
        self.assertEqual(self._get_row()[-1], 280)
        self.assertEqual(self._get_row(self.child), [])

    def test_an_address_owes_nothing_by_itself(self):
        address = self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        bill = self._bill(60, "2024-04-01")
        self.assertEqual(bill.partner_id, address)
        self.assertEqual(self._get_row()[-1], 280)
        self.assertEqual(self._get_row(address), [])

    def test_clients_of_one_employer_owe_each_their_own(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = employer
        bill = self._bill(75, "2024-04-01", patient=self.other_client)
        self.assertEqual(bill.line_ids.partner_id, employer)
        self.assertEqual(self._get_row(self.other_client)[-1], 75)
        self._pay(bill, 25)
        self.assertEqual(self._get_row(self.other_client)[-1], 50)
        self.assertEqual(self._get_row(employer), [])

    def test_money_paid_online_is_the_clients_not_their_employers(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self.other_client.parent_id = employer
        tx = self._create_transaction(
            "direct",
            amount=40,
            currency_id=self.practice.currency_id.id,
            partner_id=self.other_client.id,
        )
        self._receive(40, "2024-04-02", employer, payment_transaction_id=tx.id)
        self.assertEqual(self._get_row(self.other_client)[-2:], [40, -40])
        self.assertEqual(self._get_row(employer), [])

    def test_insurers_are_told_from_clients(self):
        self._create_invoice_one_line(
            price_unit=500, partner_id=self.insurer, tax_ids=[], post=True
        )
        rows = self._get_aging()
        types = {row.partner_id: row.payer_type for row in rows}
        self.assertEqual(types[self.insurer], "insurer")
        self.assertEqual(types[self.client], "client")
        insurers = rows.search([("payer_type", "=", "insurer")])
        self.assertEqual(insurers.partner_id, self.insurer)

    # === CURRENCIES AND COMPANIES === #

    def test_currencies_are_kept_apart(self):
        self._create_euro_invoice(300)
        self.assertEqual(self._get_row()[-1], 220)
        self.assertEqual(self._get_row(currency=self.euro)[-1], 300)
        aging = self.env["clinic.aging"]
        mine = [("partner_id", "=", self.client.id)]
        groups = aging._read_group(mine, ["currency_id"], ["balance:sum"])
        self.assertEqual({total for _currency, total in groups}, {220, 300})
        # Neither added up nor converted, also not for the web client.
        for aggregate in ("balance:sum", "balance:sum_currency"):
            ((total,),) = aging._read_group(mine, [], [aggregate])
            self.assertFalse(total)
        ((in_books,),) = aging._read_group(mine, [], ["company_balance:sum"])
        self.assertEqual(in_books, 220 + 150)

    def test_an_invoice_paid_in_another_currency_is_paid_at_its_date(self):
        invoice = self._create_euro_invoice(300)
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create(
            {
                "payment_date": "2024-04-03",
                "currency_id": self.practice.currency_id.id,
            }
        )
        wizard._create_payments()
        self.assertEqual(self._get_row(currency=self.euro), [])
        self.assertEqual(self._get_row(as_of="2024-04-02", currency=self.euro)[-1], 300)
        self.assertEqualsAccounting()

    def test_companies_are_kept_apart(self):
        self._create_invoice_one_line(
            price_unit=70,
            partner_id=self.client,
            company_id=self.other_company,
            tax_ids=[],
            post=True,
        )
        self.assertEqual(self._get_row()[-1], 220)
        self.biller.company_ids += self.other_company
        companies = (self.practice | self.other_company).ids
        rows = self._get_aging(allowed_company_ids=companies)
        mine = rows.filtered(lambda row: row.partner_id == self.client)
        self.assertEqual(
            {row.company_id: row.balance for row in mine},
            {self.practice: 220, self.other_company: 70},
        )

    # === PAGES === #

    def test_a_row_opens_to_its_open_items(self):
        row = self._get_aging("2024-04-02").filtered(
            lambda row: row.partner_id == self.client
        )
        action = row.action_open_items()
        self.assertIn("Clara Client on 04/02/2024", action["name"])
        items = self.env["clinic.open.item"].with_user(self.biller)
        items = items.with_context(**action["context"]).search(action["domain"])
        self.assertEqual(
            {item.move_id: item.amount_open for item in items},
            {self.january: 100, self.february: 120, self.march: 50},
        )
        self.assertEqual(items[0].action_open_document()["res_id"], self.january.id)
        now = self._get_aging().filtered(lambda row: row.partner_id == self.client)
        items = items.with_context(clinic_as_of=False).search(
            now.action_open_items()["domain"]
        )
        self.assertIn(self.credit.move_id, items.move_id)
        payment = items.filtered(lambda item: item.move_id == self.credit.move_id)
        action = payment.action_open_document()
        self.assertEqual(action["res_model"], "account.payment")

    def test_another_date_is_asked_for(self):
        wizard = self.env["clinic.aging.date"].with_user(self.biller)
        action = wizard.create({"date": "2024-03-31"}).action_confirm()
        self.assertEqual(action["context"]["clinic_as_of"], "2024-03-31")
        self.assertIn("03/31/2024", action["name"])

    def test_the_contact_tells_what_is_owed(self):
        self._create_euro_invoice(300)
        contact = self.client.with_user(self.biller)
        self.assertEqual(
            sorted(contact.clinic_owed.split(" · ")), ["$\xa0220.00", "300.00\xa0€"]
        )
        action = contact.action_clinic_money_owed()
        rows = self.env["clinic.aging"].search(action["domain"])
        self.assertEqual(rows.partner_id, self.client)
        self.assertFalse(self.other_client.with_user(self.biller).clinic_owed)

    def test_it_costs_one_query_whoever_owes(self):
        aging = self.env["clinic.aging"].with_user(self.biller)
        for clients in (self.other_client, self.child):
            self._bill(75, "2024-03-01", patient=clients)
        aging.search([]).mapped("balance")
        self.env.flush_all()
        aging.invalidate_model()
        with self.assertQueryCount(1):
            aging.search_fetch([], ["partner_id", "balance", "amount_over_90"])

    def test_only_billers_see_it(self):
        for user in (self.front_desk, self.employee, self.client_user):
            for model in ("clinic.aging", "clinic.open.item"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.client.with_user(user).read(["clinic_owed"])
            with self.assertRaises(AccessError):
                self.client.with_user(user).action_clinic_statement()
        menu = self.env.ref("clinic_invoicing.clinic_aging_menu")
        for user, expected in ((self.biller, True), (self.front_desk, False)):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual(menu.id in visible, expected)

    def test_nobody_writes_it(self):
        row = self._get_aging(user=self.manager)[0]
        with self.assertRaises(AccessError):
            row.balance = 0
        with self.assertRaises(AccessError):
            row.unlink()

from lxml import html

from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..common_pages import PagesCommon
from ..statements.common_money_owed import MoneyOwedCommon

MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestPortalDocuments(MoneyOwedCommon, AccountPaymentCommon, PagesCommon):
    """Clients get the documents of what is billed to them, and no others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls._bill(75, "2024-03-01", patient=cls.other_client)
        cls._pay(cls.foreign)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    def _get_receipt(self, invoice_id):
        return self._get(f"/my/billing/receipt/{invoice_id}")

    def _get_statement(self, date_from="2024-02-01", date_to="2024-04-30"):
        return self._get("/my/billing/statement", date_from=date_from, date_to=date_to)

    # === INVOICES === #

    def test_the_invoice_is_no_proforma_though_nobody_has_sent_it(self):
        self.assertFalse(self.february.invoice_pdf_report_id)
        url = f"/my/invoices/{self.february.id}"
        seen = self._get(url, report_type="pdf")
        loaded = self._get(url, report_type="pdf", download="true")
        for response in (seen, loaded):
            self.assertIn(self.february.name, response.text)
            self.assertNotIn("Proforma", response.text)
        self.assertNotIn("proforma", loaded.headers["Content-Disposition"])

    def test_other_invoices_keep_their_title(self):
        invoice = self._create_invoice_one_line(price_unit=5, partner_id=self.client)
        invoice.action_post()
        url = f"/my/invoices/{invoice.id}"
        self.assertIn("Proforma", self._get(url, report_type="pdf").text)

    # === RECEIPTS === #

    def test_the_receipt_of_a_paid_invoice_is_shown(self):
        response = self._get_receipt(self.february.id)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        name = self.february.name.replace("/", "-")
        self.assertIn(name, response.headers["Content-Disposition"])
        self.assertIn("Consultation", response.text)
        self.assertIn("80.00", response.text)

    def test_receipts_that_are_not_the_clients_do_not_exist(self):
        draft = self._create_invoice_one_line(price_unit=5, partner_id=self.client)
        for invoice_id in (
            self.foreign.id,
            self.credit_note.id,
            self.january.id,
            draft.id,
            MISSING,
            10**30,
            0,
        ):
            with self.subTest(invoice_id=invoice_id):
                self.assertEqual(self._get_receipt(invoice_id).status_code, 404)

    def test_receipts_are_offered_where_something_was_paid(self):
        page = html.fromstring(self._get("/my/billing").text)
        links = page.xpath("//a[contains(@href, '/receipt/')]/@href")
        self.assertEqual(links, [f"/my/billing/receipt/{self.february.id}"])

    def test_receipts_cost_no_query_for_each_invoice(self):
        counts = []
        # The first times fill caches that have nothing to do with it.
        for _turn in range(4):
            self.env.flush_all()
            self.env.invalidate_all()
            invoices = self.env["account.move"].search(
                self.env["account.move"]._clinic_get_billed_domain(self.client)
            )
            before = self.cr.sql_log_count
            for invoice in invoices:
                invoice._clinic_is_receipted()
            counts.append(self.cr.sql_log_count - before)
            self._pay(self._bill(10, "2024-04-11"), 5)
            self._pay_and_write_off(self._bill(10, "2024-04-11"), 5)
        self.assertEqual(counts[2], counts[3])

    # === STATEMENTS === #

    def test_the_statement_tells_what_was_billed_to_the_client(self):
        response = self._get_statement()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        for text in (self.february.name, "Opening balance", "220.00", "Clara Client"):
            self.assertIn(text, response.text)
        for secret in (self.foreign.name, "Otto Other", "Consultation"):
            self.assertNotIn(secret, response.text)

    def test_a_child_reads_nothing_of_what_the_guarantor_pays(self):
        bill = self._bill(60, "2024-04-01", patient=self.child)
        self._pay(bill)
        self.assertIn(bill.name, self._get_statement().text)
        self.authenticate("child", "child")
        self.assertNotIn(bill.name, self._get_statement().text)
        self.assertEqual(self._get_receipt(bill.id).status_code, 404)

    def test_colleagues_read_nothing_of_each_other(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = employer
        bill = self._bill(61, "2024-04-01", patient=self.other_client)
        self._pay(bill)
        self.assertNotIn(bill.name, self._get_statement().text)
        self.assertEqual(self._get_receipt(bill.id).status_code, 404)

    def test_dates_that_are_none_get_a_clear_message(self):
        for date_from, date_to in (
            ("yesterday", "2024-04-30"),
            ("2024-02-30", "2024-04-30"),
            ("2024-02-01", ""),
            ("2024-02-01", "2024-4-30"),
            ("2024-02-01", "20240430"),
            ("2024-02-01\x00", "2024-04-30"),
            ("٢٠٢٤-02-01", "2024-04-30"),
            ("0000-01-01", "2024-04-30"),
            ("2024-02-01", "99999-01-01"),
        ):
            with self.subTest(date_from=date_from, date_to=date_to):
                response = self._get_statement(date_from, date_to)
                self.assertEqual(response.status_code, 200)
                self.assertIn("Please give both dates", response.text)
        self.assertIn(
            "ends before it begins",
            self._get_statement("2024-05-01", "2024-04-30").text,
        )

    def test_huge_periods_are_shown(self):
        response = self._get_statement("0001-01-01", "9999-12-31")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn(self.january.name, response.text)

    def test_this_year_is_shown_when_no_dates_are_given(self):
        response = self._get("/my/billing/statement")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertNotIn(self.february.name, response.text)
        self.assertIn("220.00", response.text)

    def test_visitors_are_asked_to_log_in(self):
        self.authenticate(None, None)
        for response in (self._get_receipt(self.february.id), self._get_statement()):
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

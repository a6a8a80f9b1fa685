import re

from lxml import html

from odoo.fields import Command
from odoo.http import root
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common_online import OnlineCommon
from ..common_pages import PagesCommon

MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestPortal(OnlineCommon, PagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._create_event(
            cls.child, rates=[cls.rate, cls._create_rate("Report", 35)]
        )
        cls.visit.action_clinic_complete_and_invoice()
        # Billed to the parent of the child, to the client and to somebody else.
        cls.childs_bill = cls.visit.clinic_service_ids.invoice_ids
        cls.own_bill = cls._invoice(cls._create_service(price_unit=80))
        cls.foreign_bill = cls._invoice(cls._create_service(patient=cls.other_client))
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    # === HELPERS === #

    def _get_page(self, url="/my/billing", **params):
        response = self._get(url, **params)
        self.assertEqual(response.status_code, 200, url)
        return html.fromstring(response.text)

    def _get_badge(self, page):
        """Return the number beside Billing in the user's menu."""
        (menu,) = page.xpath("//li[contains(@class, 'o_clinic_billing_menu')]")
        self.assertEqual(menu.xpath(".//a/@href"), ["/my/billing"])
        numbers = menu.xpath(".//span[contains(@class, 'text-bg-danger')]/text()")
        return int("".join(numbers).strip() or 0)

    def _get_rows(self, page, section=None):
        """Return ``{invoice id: text}`` of the page, or of one of its sections."""
        condition = f"[@aria-labelledby='{section}']" if section else ""
        rows = page.xpath(f"//section{condition}//div[@data-invoice-id]")
        return {
            int(row.get("data-invoice-id")): " ".join(row.text_content().split())
            for row in rows
        }

    def _get_asked(self):
        """Return the large amount that is to be paid now."""
        page = self._get_page()
        (amount,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]/div/span[1]")
        return " ".join(amount.text_content().split())

    def _start_payment(self, ids, amount, url="/my/billing/pay/%s", **values):
        if url.startswith("/my/billing") and "shown" not in values:
            page = {"invoice_ids": ids, "amount": amount}
            values["shown"] = self._read_shown("/my/billing/pay", **page)
        return self._rpc(url % ids, **self._pay_values(amount=amount, **values))

    def assertRefused(self, ids, amount, reason, **values):
        """Return the error; nothing was created."""
        before = self._get_attempts()
        with mute_logger("odoo.http"):
            _result, error = self._start_payment(ids, amount, **values)
        self.assertEqual(self._get_attempts(), before)
        self.assertRegex(error or "no error", reason)
        return error

    def _call(self, model, method, *args, **kwargs):
        """Call a method as the web client of the logged-in user would.

        :return: ``(result, error message)``
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._rpc(f"/web/dataset/call_kw/{model}/{method}", **params)

    def assertForbidden(self, model, method, *args, **kwargs):
        with mute_logger("odoo.http"):
            result, error = self._call(model, method, *args, **kwargs)
        self.assertFalse(result)
        self.assertRegex(error or "no error", "AccessError|rights to export|remotely")

    # === THE LIST === #

    def test_list_shows_unpaid_and_paid_with_what_is_left_to_pay(self):
        paid = self._invoice(self._create_service(price_unit=70))
        self._pay(paid)
        self._pay(self.own_bill, 30)
        page = self._get_page()
        unpaid_rows = self._get_rows(page, "clinic_unpaid")
        paid_rows = self._get_rows(page, "clinic_paid")
        self.assertEqual(unpaid_rows.keys(), {self.childs_bill.id, self.own_bill.id})
        self.assertEqual(paid_rows.keys(), {paid.id})
        self.assertRegex(
            unpaid_rows[self.own_bill.id], r"Partly paid \$ 50.00 of \$ 80.00"
        )
        self.assertRegex(unpaid_rows[self.childs_bill.id], r"Unpaid \$ 135.00")
        self.assertRegex(paid_rows[paid.id], r"Paid \$ 70.00")
        (owed,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]")
        self.assertIn("$ 185.00", " ".join(owed.text_content().split()))

    def test_row_opens_to_its_services_and_documents(self):
        page = self._get_page()
        text = self._get_rows(page)[self.childs_bill.id]
        for part in ("Consultation", "Report", "Charlie Client", "Pat Practitioner"):
            self.assertIn(part, text)
        self.assertIn("03/12/2024", text)
        self.assertRegex(text, r"\$ 100.00.*\$ 35.00")
        (row,) = page.xpath(f"//div[@data-invoice-id='{self.childs_bill.id}']")
        address = f"/my/invoices/{self.childs_bill.id}?report_type=pdf"
        links = row.xpath(".//a/@href")
        self.assertIn(address, links)
        self.assertIn(f"{address}&download=true", links)
        self.assertIn(f"/my/billing/pay?invoice_ids={self.childs_bill.id}", links)
        # The button and what it opens belong together.
        (button,) = row.xpath(".//button[@data-bs-toggle='collapse']")
        self.assertTrue(row.xpath(f".//*[@id='{button.get('data-bs-target')[1:]}']"))

    def test_only_posted_invoices_are_listed(self):
        draft, cancelled = self._invoice(self._create_services(2), grouping="service")
        (draft | cancelled).button_draft()
        cancelled.button_cancel()
        credit_note = self.init_invoice(
            "out_refund", self.client, amounts=[10], post=True
        )
        rows = self._get_rows(self._get_page())
        self.assertEqual(rows.keys(), {self.childs_bill.id, self.own_bill.id})
        self.assertNotIn(credit_note.id, rows)

    def test_invoices_to_an_address_of_the_client_are_listed(self):
        address = self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        bill = self._invoice(self._create_service())
        self.assertEqual(bill.partner_id, address)
        self.assertIn(bill.id, self._get_rows(self._get_page()))

    def test_row_tells_where_an_invoice_stands(self):
        self.own_bill.action_toggle_block_payment()
        self._credit(self.childs_bill)
        rows = self._get_rows(self._get_page())
        self.assertIn("On hold", rows[self.own_bill.id])
        self.assertIn("Cancelled", rows[self.childs_bill.id])
        page = self._get_page()
        self.assertFalse(page.xpath("//a[contains(@class, 'o_clinic_pay')]"))

    def test_invoice_on_hold_asks_for_nothing_and_says_so(self):
        self._start_payment(self.own_bill.id, 80)
        self.own_bill.invoice_date_due = "2024-03-20"
        self.own_bill.action_toggle_block_payment()
        page = self._get_page()
        (owed,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]")
        self.assertNotIn("80.00", owed.text_content())
        row = self._get_rows(page)[self.own_bill.id]
        self.assertIn("Nothing needs to be paid for it at present", row)
        self.assertNotIn("Overdue", row)
        self.assertNotIn("how it ended", row)
        self._pay(self.childs_bill)
        text = self._get_page().text_content()
        self.assertIn("You have nothing to pay", text)

    def test_what_is_paid_in_instalments_is_not_asked_for_at_once(self):
        wizard = self.env["clinic.payment.plan.proposal"].create(
            {"invoice_ids": [Command.set(self.own_bill.ids)]}
        )
        plan = self.env["clinic.payment.plan"].sudo()
        plan = plan.browse(wizard.action_propose()["res_id"])
        self.assertEqual(self._get_asked(), "$ 215.00")
        plan._accept(
            self.client_user, card_id="", wording=plan._get_wording(), ip="203.0.113.7"
        )
        self.own_bill.invoice_date_due = "2024-03-20"
        self.assertEqual(self._get_asked(), "$ 135.00")
        page = self._get_page("/my/billing/pay", invoice_ids="all")
        self.assertEqual(self._get_badge(page), 1)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 135)
        self.assertRegex(page.text_content(), r"as agreed:\s+\$\s80.00")
        # Who wants to pay earlier can.
        row = self._get_rows(page)[self.own_bill.id]
        self.assertRegex(row, "In instalments.*Make Payment.*as agreed")
        self.assertNotIn("Overdue", row)
        self._pay(self.childs_bill)
        page = self._get_page()
        self.assertIn("You have nothing to pay now", page.text_content())
        self.assertEqual(self._get_badge(page), 0)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.client_user.partner_id.id)
        with self.assertQueryCount(1):
            self.assertFalse(self.client_user._clinic_get_unpaid_count())
        plan.action_cancel()
        self.assertEqual(self._get_asked(), "$ 80.00")

    def test_row_shows_what_was_credited(self):
        self._pay(self.own_bill, 30)
        notes = self._credit(self.childs_bill)
        row = self._get_rows(self._get_page())[self.childs_bill.id]
        self.assertRegex(row, rf"Credit .*{notes.name} \$ 135.00")

    def test_row_shows_money_that_was_given_back(self):
        payment = self._pay(self.own_bill)
        payment._clinic_give_back(80, "Paid by mistake")
        row = self._get_rows(self._get_page())[self.own_bill.id]
        self.assertRegex(row, r"Unpaid .*\$ 80.00 was given back on")

    def test_nothing_can_be_chosen_while_online_payment_is_switched_off(self):
        choose = "//button[contains(@class, 'o_clinic_pay_chosen')]"
        self.assertTrue(self._get_page().xpath(choose))
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("account_payment.enable_portal_payment", False)
        page = self._get_page()
        self.assertFalse(page.xpath(choose))
        (owed,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]")
        self.assertIn("cannot be paid online", owed.text_content())

    def test_row_tells_what_became_of_the_last_attempt(self):
        self._attempt(self.own_bill)
        row = self._get_rows(self._get_page())[self.own_bill.id]
        self.assertIn("nobody has told us how it ended", row)
        self.assertIn("Make Payment", row)

    def test_paid_invoices_are_spread_over_pages(self):
        bills = self._invoice(self._create_services(11), grouping="service")
        self._pay(bills)
        first = self._get_rows(self._get_page(), "clinic_paid")
        second = self._get_rows(self._get_page("/my/billing/page/2"), "clinic_paid")
        # After the two that are unpaid.
        self.assertEqual((len(first), len(second)), (8, 3))
        self.assertEqual({*first, *second}, set(bills.ids))

    def test_page_numbers_that_do_not_exist_show_a_page(self):
        for number in (0, 2, 99, 10**9, 10**30):
            with self.subTest(number=number):
                self._get_page(f"/my/billing/page/{number}")

    def test_client_who_owes_nothing_is_told_so(self):
        self._pay(self.own_bill | self.childs_bill)
        page = self._get_page()
        self.assertIn("You have nothing to pay", page.text_content())
        self.assertEqual(self._get_badge(page), 0)
        self.assertEqual(len(self._get_rows(page, "clinic_paid")), 2)

    def test_list_is_filtered_by_whom_it_is_for(self):
        page = self._get_page()
        links = page.xpath("//nav[contains(@class, 'o_clinic_patients')]//a")
        self.assertEqual(
            [link.text_content().strip() for link in links],
            ["All", "Me", "Charlie Client"],
        )
        page = self._get_page(links[2].get("href"))
        self.assertEqual(self._get_rows(page).keys(), {self.childs_bill.id})
        (owed,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]")
        self.assertIn("$ 135.00", " ".join(owed.text_content().split()))
        (link,) = page.xpath("//a[contains(@class, 'o_clinic_pay_all')]/@href")
        (form,) = self._get_page(link).xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 135)

    def test_patient_of_somebody_else_shows_nothing(self):
        page = self._get_page(patient=self.other_client.id)
        self.assertFalse(self._get_rows(page))
        self.assertNotIn("Otto Other", page.text_content())
        for patient in self.MALFORMED:
            with self.subTest(patient=patient[:9]):
                self._get_page(patient=patient)

    def test_row_opens_to_what_the_insurer_took_and_what_was_paid(self):
        service = self._create_service(rate=self.rate)
        service.share_ids = [
            Command.create({"payer_type": "insurer", "fixed_amount": 70})
        ]
        bill = self._invoice(service).filtered(
            lambda move: move.partner_id == self.client
        )
        self._pay(bill, 10)
        row = self._get_rows(self._get_page())[bill.id]
        self.assertRegex(row, r"Insurer.*\$ 70.00 \$ 30.00")
        self.assertRegex(row, r"Payment \d\d/\d\d/\d{4}.*\$ 10.00")

    def test_what_is_on_its_way_is_not_to_be_paid_now(self):
        self._attempt(self.own_bill, state="done")
        page = self._get_page()
        self.assertIn("Payment clearing", self._get_rows(page)[self.own_bill.id])
        (owed,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]")
        self.assertIn("$ 135.00", " ".join(owed.text_content().split()))

    def test_sums_are_right_to_the_cent(self):
        for price in (20.27, 66.24):
            self._invoice(self._create_service(price_unit=price))
        self._pay(self.own_bill | self.childs_bill)
        page = self._get_page("/my/billing/pay", invoice_ids="all")
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(form.get("data-amount"), "86.51")
        (amount,) = page.xpath("//input[@id='clinic_amount']")
        self.assertEqual(amount.get("max"), "86.51")

    def test_client_is_thanked_for_what_has_just_arrived(self):
        self.assertNotIn("Thank you", self._get_page().text_content())
        before = self._get_attempts()
        self._start_payment(self.own_bill.id, 80)
        attempt = self._get_attempts() - before
        self._book_attempt(attempt)
        (thanks,) = self._get_page().xpath("//div[contains(@class, 'o_clinic_thanks')]")
        self.assertIn("$ 80.00", " ".join(thanks.text_content().split()))
        self.assertNotIn("Thank you", self._get_page().text_content())

    # === THE RED NUMBER === #

    def test_number_is_that_of_the_unpaid_invoices_in_the_list(self):
        self._pay(self._invoice(self._create_service()))
        self._pay(self.own_bill, 10)
        for unpaid in (2, 1, 0):
            page = self._get_page()
            rows = self._get_rows(page, "clinic_unpaid")
            self.assertEqual(len(rows), unpaid)
            self.assertEqual(self._get_badge(page), unpaid)
            if rows:
                self._pay(self.env["account.move"].browse(min(rows)))

    def test_number_is_on_every_page(self):
        for url in (
            "/my",
            "/my/account",
            "/my/billing",
            "/my/invoices",
            f"/my/invoices/{self.own_bill.id}",
            "/my/security",
        ):
            with self.subTest(url=url):
                self.assertEqual(self._get_badge(self._get_page(url)), 2)

    def test_number_is_on_the_card_of_the_home_page(self):
        page = self._get_page("/my")
        (card,) = page.xpath(
            "//div[@id='portal_client_category']//a[@href='/my/billing']"
        )
        self.assertRegex(
            " ".join(card.text_content().split()), r"^2 unpaid invoices Billing"
        )

    def test_number_costs_one_query(self):
        user = self.client_user
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(user.partner_id.id)
        with self.assertQueryCount(1):
            self.assertEqual(user._clinic_get_unpaid_count(), 2)

    def test_visitors_see_no_number(self):
        self.authenticate(None, None)
        response = self._get("/web/login")
        self.assertNotIn("o_clinic_billing_menu", response.text)

    # === DOCUMENTS === #

    def test_client_views_and_downloads_the_pdf(self):
        # Tests render no PDF otherwise.
        self.session.context["force_report_rendering"] = True
        root.session_store.save(self.session)
        for params in ({}, {"download": "true"}):
            with self.subTest(**params):
                response = self._get(
                    f"/my/invoices/{self.own_bill.id}", report_type="pdf", **params
                )
                self.assertEqual(response.status_code, 200)
                self.assertEqual(response.headers["Content-Type"], "application/pdf")
                self.assertTrue(response.content.startswith(b"%PDF"))
        self.assertIn("attachment", response.headers["Content-Disposition"])

    # === OTHER PEOPLE'S INVOICES === #

    def _colleagues(self):
        """Let client and other client be contacts of the same employer."""
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = employer
        self.env.flush_all()

    def _check_foreign_bill_is_out_of_reach(self):
        bill = self.foreign_bill
        names = (bill.name, "Otto Other")
        for url in ("/my", "/my/billing", "/my/invoices"):
            text = self._get(url).text
            for name in names:
                self.assertNotIn(name, text, url)
        for params in (
            {},
            {"report_type": "html"},
            {"report_type": "pdf"},
            {"report_type": "pdf", "download": "true"},
            {"access_token": "guessed"},
        ):
            response = self._get(f"/my/invoices/{bill.id}", **params)
            self.assertEqual(response.status_code, 303, params)
            self.assertURLEqual(response.headers["Location"], "/my")
        with mute_logger("odoo.http"):
            for url in (
                f"/report/pdf/account.report_invoice/{bill.id}",
                f"/report/html/account.report_invoice/{bill.id}",
            ):
                response = self._get(url)
                self.assertGreaterEqual(response.status_code, 400)
                for name in names:
                    self.assertNotIn(name, response.text, url)

    def _check_foreign_bill_cannot_be_read_over_rpc(self):
        bill = self.foreign_bill
        moves, lines = "account.move", "account.move.line"
        self.assertForbidden(moves, "read", bill.ids, ["name"])
        self.assertForbidden(moves, "web_read", bill.ids, {"name": {}})
        self.assertForbidden(moves, "export_data", bill.ids, ["name"])
        self.assertForbidden(lines, "read", bill.invoice_line_ids.ids, ["name"])
        for domain in (
            [("id", "=", bill.id)],
            [("name", "=", bill.name)],
            [("partner_id.name", "=", "Otto Other")],
            [("clinic_has_services", "=", True), ("partner_id", "!=", self.client.id)],
        ):
            self.assertEqual(self._call(moves, "search", domain)[0], [])
            self.assertEqual(self._call(moves, "search_count", domain)[0], 0)
            groups = self._call(moves, "formatted_read_group", domain, ["name"])
            self.assertEqual(groups[0], [])
        domain = [("move_id", "=", bill.id)]
        self.assertEqual(self._call(lines, "search", domain)[0], [])
        self.assertEqual(self._call(moves, "name_search", bill.name)[0], [])

    def test_invoice_of_another_client_is_out_of_reach(self):
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()

    def test_invoice_of_a_colleague_is_out_of_reach(self):
        self._colleagues()
        # Their own are still there.
        self.assertIn(self.own_bill.id, self._get_rows(self._get_page()))
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()
        self.assertEqual(
            set(self._call("account.move", "search", [])[0]),
            set((self.own_bill | self.childs_bill).ids),
        )

    def test_employer_does_not_see_what_is_billed_to_an_employee(self):
        self.other_client.parent_id = self.client
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()

    def test_duplicate_is_as_private_as_its_original(self):
        self.assertTrue(self.foreign_bill.copy().clinic_has_services)

    def test_credit_note_of_a_colleague_is_out_of_reach(self):
        self._colleagues()
        credit_note = self._credit(self.foreign_bill)
        self.assertForbidden("account.move", "read", credit_note.ids, ["name"])
        self.assertNotIn(credit_note.name, self._get("/my/invoices").text)

    def test_invoices_made_by_hand_are_shared_in_a_company_as_before(self):
        self._colleagues()
        bill = self.init_invoice(
            "out_invoice", self.other_client, amounts=[10], post=True
        )
        result, _error = self._call("account.move", "read", bill.ids, ["name"])
        self.assertEqual(result[0]["name"], bill.name)
        # But they are not the client's to pay.
        self.assertNotIn(bill.id, self._get_rows(self._get_page()))

    def test_child_does_not_see_what_is_billed_to_the_guarantor(self):
        self.authenticate("child", "childxxx")
        page = self._get_page()
        self.assertEqual(self._get_badge(page), 0)
        self.assertEqual(self._get_rows(page), {})
        self.assertForbidden("account.move", "read", self.childs_bill.ids, ["name"])
        response = self._get(f"/my/invoices/{self.childs_bill.id}")
        self.assertEqual(response.status_code, 303)
        self.assertRefused(self.childs_bill.id, 135, "nothing to pay")

    def test_client_reads_no_service_over_rpc(self):
        services = self.own_bill.invoice_line_ids.clinic_service_id
        for model, ids in (
            ("clinic.service", services.ids),
            ("clinic.service.share", services.share_ids.ids),
            ("clinic.billing.run", self.own_bill.clinic_billing_run_id.ids),
            ("clinic.billing.run.item", [1]),
            ("clinic.billing.run.chunk", [1]),
        ):
            self.assertForbidden(model, "read", ids, ["id"])
            self.assertForbidden(model, "search", [])
            self.assertForbidden(model, "write", ids, {})
        self.assertForbidden("clinic.service", "get_tab_counts")
        self.assertForbidden("clinic.service", "action_cancel", services.ids)

    def test_client_changes_no_invoice_over_rpc(self):
        for method, args in (
            ("write", [{"narration": "Nothing is due"}]),
            ("button_draft", []),
            ("unlink", []),
        ):
            for bill in (self.own_bill, self.foreign_bill):
                self.assertForbidden("account.move", method, bill.ids, *args)

    def test_helpers_of_the_portal_cannot_be_called_over_rpc(self):
        for method in (
            "_clinic_start_online_payment",
            "_clinic_get_portal_lines",
            "_clinic_get_payment_notice",
        ):
            self.assertForbidden("account.move", method, self.own_bill.ids)
        self.assertForbidden(
            "res.users", "_clinic_get_unpaid_count", self.other_client_user.ids
        )

    # === THE CARD DIALOG === #

    def test_dialog_asks_for_what_is_owed_now(self):
        self._pay(self.own_bill, 30)
        page = self._get_page("/my/billing/pay", invoice_ids=self.own_bill.id)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 50)
        self.assertEqual(
            form.get("data-transaction-route"), f"/my/billing/pay/{self.own_bill.id}"
        )
        self.assertEqual(form.get("data-landing-route"), "/my/billing")
        self.assertEqual(int(form.get("data-partner-id")), self.client.id)
        (dialog,) = page.xpath("//div[@id='clinic_pay_dialog']")
        text = " ".join(dialog.text_content().split())
        self.assertIn(self.own_bill.name, text)
        self.assertIn("$ 50.00", text)

    def test_dialog_takes_several_invoices(self):
        bills = self.own_bill | self.childs_bill
        page = self._get_page(
            "/my/billing/pay", invoice_ids=",".join(map(str, bills.ids))
        )
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 215)

    def _get_dialog(self, **params):
        """Return the form's amount, its route and the text of the dialog."""
        page = self._get_page("/my/billing/pay", **params)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        (dialog,) = page.xpath("//div[@id='clinic_pay_dialog']")
        return (
            float(form.get("data-amount")),
            form.get("data-transaction-route"),
            " ".join(dialog.text_content().split()),
        )

    def test_ticked_invoices_are_paid_together(self):
        bills = self.own_bill | self.childs_bill
        amount, route, text = self._get_dialog(invoice_ids=bills.ids)
        self.assertEqual(amount, 215)
        self.assertEqual(
            set(route.rpartition("/")[2].split(",")), set(map(str, bills.ids))
        )
        for bill in bills:
            self.assertIn(bill.name, text)

    def test_all_that_can_be_paid_is_paid_at_once(self):
        page = self._get_page()
        (link,) = page.xpath("//a[contains(@class, 'o_clinic_pay_all')]/@href")
        self.own_bill.action_toggle_block_payment()
        page = self._get_page(link)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 135)

    def test_dialog_says_what_a_part_pays_before_it_is_paid(self):
        self.own_bill.line_ids.filtered("date_maturity").date_maturity = "2099-01-01"
        self.own_bill.invoice_date_due = "2099-01-01"
        bills = self.own_bill | self.childs_bill
        amount, _route, text = self._get_dialog(invoice_ids=bills.ids, amount="150")
        self.assertEqual(amount, 150)
        self.assertIn(f"{self.childs_bill.name} $ 135.00 $ 0.00", text)
        self.assertIn(f"{self.own_bill.name} $ 15.00 $ 65.00", text)
        ids = ",".join(map(str, bills.ids))
        before = self._get_attempts()
        self._start_payment(ids, 150)
        attempt = self._get_attempts() - before
        self._book_attempt(attempt)
        self.assertEqual(self.childs_bill.amount_residual, 0)
        self.assertEqual(self.own_bill.amount_residual, 65)

    def test_invoice_that_a_part_does_not_reach_is_left_alone(self):
        self.own_bill.line_ids.filtered("date_maturity").date_maturity = "2099-01-01"
        ids = f"{self.own_bill.id},{self.childs_bill.id}"
        before = self._get_attempts()
        self._start_payment(ids, 100)
        attempt = self._get_attempts() - before
        self.assertEqual(attempt.invoice_ids, self.childs_bill)
        self.assertFalse(self.own_bill.clinic_payment_attempts)

    def test_part_under_the_minimum_is_refused_before_and_after_it_is_typed(self):
        self.practice.clinic_minimum_part = 40
        amount, _route, text = self._get_dialog(
            invoice_ids=self.own_bill.id, amount="39.99"
        )
        self.assertEqual(amount, 80)
        self.assertIn("at least $ 40.00", text)
        self.assertRefused(self.own_bill.id, 39.99, "at least")
        url = "/invoice/transaction/%s"
        self.assertRefused(self.own_bill.id, 39.99, "at least", url=url)

    def test_amounts_that_are_none_leave_the_dialog_as_it_was(self):
        for typed in (
            "abc",
            "nan",
            "inf",
            "-1",
            "0",
            "1e400",
            "80.01",
            "9" * 400,
            "\0",
        ):
            with self.subTest(typed=typed[:9]):
                amount, _route, text = self._get_dialog(
                    invoice_ids=self.own_bill.id, amount=typed
                )
                self.assertEqual(amount, 80)
                self.assertRegex(text, "enter an amount|more than zero|still owed")

    def _get_dialog_error(self, ids):
        page = self._get_page("/my/billing/pay", invoice_ids=ids)
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))
        (alert,) = page.xpath("//div[contains(@class, 'alert-warning')]")
        # The list is still there.
        self.assertTrue(self._get_rows(page))
        return alert.text.strip()

    def test_dialog_does_not_open_while_online_payment_is_switched_off(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("account_payment.enable_portal_payment", False)
        page = self._get_page()
        self.assertEqual(self._get_badge(page), 2)
        self.assertFalse(page.xpath("//a[contains(@class, 'o_clinic_pay')]"))
        error = self._get_dialog_error(self.own_bill.id)
        self.assertIn("cannot be paid online", error)

    def test_dialog_does_not_open_for_what_cannot_be_paid(self):
        self._pay(self.own_bill)
        self.assertIn("already been paid", self._get_dialog_error(self.own_bill.id))
        self.childs_bill.action_toggle_block_payment()
        self.assertIn("is on hold", self._get_dialog_error(self.childs_bill.id))
        self.childs_bill.button_draft()
        self.assertIn("nothing to pay", self._get_dialog_error(self.childs_bill.id))

    MALFORMED = (
        "",
        " ",
        ",",
        "abc",
        "-1",
        "0",
        "1e3",
        "1.5",
        "0x10",
        "None",
        "1;DROP TABLE account_move",
        "<script>",
        "%00",
        "\u00b2",
        "\u0663",
        str(2**31),
        str(2**63),
        "9" * 5000,
    )

    def test_ids_that_are_none_open_no_dialog(self):
        missing = self._get_dialog_error(MISSING)
        self.assertIn("nothing to pay", missing)
        for ids in self.MALFORMED:
            with self.subTest(ids=ids[:30]):
                self.assertEqual(self._get_dialog_error(ids), missing)

    def test_dialog_does_not_tell_whether_a_foreign_invoice_exists(self):
        entry = self.env["account.move"].create({"move_type": "entry"})
        for bill in (self.foreign_bill, entry):
            foreign = self._get("/my/billing/pay", invoice_ids=bill.id)
            missing = self._get("/my/billing/pay", invoice_ids=MISSING)
            self.assertEqual(foreign.status_code, missing.status_code)
            self.assertEqual(
                self._without_noise(foreign.text, bill.id),
                self._without_noise(missing.text, MISSING),
            )

    def _without_noise(self, text, chosen):
        """Leave out what differs between any two requests."""
        text = re.sub(r'csrf_token: "\w+"|value="\w+o\d{10}"', "", text)
        return text.replace(f"invoice_ids={chosen}", "").replace(
            f"invoice_ids%3D{chosen}", ""
        )

    # === STARTING TO PAY === #

    def test_client_starts_to_pay_exactly_what_is_owed(self):
        bills = self.own_bill | self.childs_bill
        before = self._get_attempts()
        ids = ",".join(map(str, bills.ids))
        values, _error = self._start_payment(ids, 215.0)
        attempt = self._get_attempts() - before
        self.assertRecordValues(
            attempt,
            [
                {
                    "amount": 215,
                    "currency_id": bills.currency_id.id,
                    "partner_id": self.client.id,
                    "invoice_ids": bills.ids,
                    "provider_id": self.provider.id,
                    "state": "draft",
                    "reference": values["reference"],
                }
            ],
        )
        self.assertEqual(values["amount"], 215)
        self.assertEqual(bills.mapped("clinic_payment_attempts"), [1, 1])
        # And when it is paid, every page says so.
        self._book_attempt(attempt)
        page = self._get_page()
        self.assertEqual(self._get_badge(page), 0)
        self.assertEqual(self._get_rows(page, "clinic_paid").keys(), set(bills.ids))
        self.assertEqual(self.visit.clinic_billing_state, "paid")

    def test_client_starts_to_pay_a_part(self):
        before = self._get_attempts()
        self._start_payment(self.own_bill.id, 20.5)
        self.assertEqual((self._get_attempts() - before).amount, 20.5)

    def test_tampered_amounts_are_refused(self):
        bill = self.own_bill.id
        for amount in (0, -1, -80, 80.01, 5000, 1e30):
            self.assertRefused(bill, amount, "more than zero|still owed")
        for amount in (float("nan"), float("inf"), "80", [80], {}, True):
            self.assertRefused(bill, amount, "not an amount|more than zero")
        self.assertRefused(bill, None, "more than zero")
        self.assertFalse(self.own_bill.clinic_payment_attempts)

    def test_tampered_parameters_are_refused(self):
        euro = self._enable_currency("EUR")
        for values in (
            {"currency_id": euro.id},
            {"partner_id": self.other_client.id},
            {"custom_create_values": {"invoice_ids": []}},
            {"reference_prefix": "INV"},
        ):
            with self.subTest(values):
                self.assertRefused(self.own_bill.id, 80, "not whitelisted", **values)

    def test_parameters_that_core_knows_cannot_turn_a_payment_into_another(self):
        before = self._get_attempts()
        self._start_payment(
            self.own_bill.id,
            80,
            is_validation=True,
            invoice_ids=str(self.foreign_bill.id),
        )
        self.assertRecordValues(
            self._get_attempts() - before,
            [
                {
                    "amount": 80,
                    "operation": "online_direct",
                    "invoice_ids": self.own_bill.ids,
                }
            ],
        )

    def test_provider_that_the_form_does_not_offer_is_refused(self):
        provider = self.provider
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = provider.copy({"company_id": elsewhere.id, "journal_id": False})
        foreign.write({"state": "test", "is_published": True})
        for provider_id in (foreign.id, MISSING, 0, None, "1"):
            self.assertRefused(
                self.own_bill.id, 80, "way to pay", provider_id=provider_id
            )
        for values in ({"is_published": False}, {"state": "disabled"}):
            provider.write(values)
            self.assertRefused(self.own_bill.id, 80, "cannot be paid online")

    def test_saved_card_of_a_colleague_is_refused(self):
        self._colleagues()
        for owner in (self.other_client, self.other_client.parent_id):
            token = self._create_token(partner_id=owner.id)
            self.assertRefused(
                self.own_bill.id,
                80,
                "access to this payment token",
                flow="token",
                token_id=token.id,
            )

    def test_own_saved_card_is_charged(self):
        token = self._create_token(partner_id=self.client.id)
        before = self._get_attempts()
        self._start_payment(self.own_bill.id, 80, flow="token", token_id=token.id)
        attempt = self._get_attempts() - before
        self.assertRecordValues(attempt, [{"token_id": token.id, "amount": 80}])

    def test_invoices_that_cannot_be_paid_are_refused(self):
        self._pay(self.own_bill)
        self.assertRefused(self.own_bill.id, 80, "already been paid")
        both = f"{self.own_bill.id},{self.childs_bill.id}"
        self.assertRefused(both, 135, "already been paid")
        self.childs_bill.button_draft()
        self.assertRefused(self.childs_bill.id, 135, "nothing to pay")
        self.childs_bill.button_cancel()
        self.assertRefused(self.childs_bill.id, 135, "nothing to pay")

    def test_foreign_invoice_is_refused_like_one_that_does_not_exist(self):
        missing = self.assertRefused(MISSING, 100, "nothing to pay")
        foreign = self.assertRefused(self.foreign_bill.id, 100, "nothing to pay")
        self.assertEqual(foreign, missing)
        self._colleagues()
        colleagues = self.assertRefused(self.foreign_bill.id, 100, "nothing to pay")
        self.assertEqual(colleagues, missing)

    def test_foreign_invoice_among_own_ones_is_left_out(self):
        ids = f"{self.own_bill.id},{self.foreign_bill.id}"
        self.assertRefused(ids, 180, "still owed")
        before = self._get_attempts()
        self._start_payment(ids, 80)
        attempt = self._get_attempts() - before
        self.assertEqual(attempt.invoice_ids, self.own_bill)

    def test_ids_that_are_none_are_refused(self):
        for ids in ("abc", "-1", "0", ",", "1e3", "\u00b2", 2**31, 2**63, "9" * 5000):
            with self.subTest(ids=str(ids)[:30]):
                self.assertRefused(ids, 80, "nothing to pay")

    def test_routes_of_core_are_guarded_too(self):
        url = "/invoice/transaction/%s"
        token = self.own_bill._portal_ensure_token()
        for access in ({}, {"access_token": token}):
            for amount in (0, -5, 80.01, 5000):
                self.assertRefused(
                    self.own_bill.id,
                    amount,
                    "more than zero|still owed",
                    url=url,
                    **access,
                )
        self._pay(self.own_bill)
        self.assertRefused(self.own_bill.id, 80, "already been paid", url=url)

    def test_route_of_core_works_without_token_for_the_own_invoice(self):
        url = "/invoice/transaction/%s"
        before = self._get_attempts()
        self._start_payment(self.own_bill.id, 80, url=url)
        attempt = self._get_attempts() - before
        self.assertEqual(attempt.invoice_ids, self.own_bill)
        self.assertRefused(self.foreign_bill.id, 100, "access token", url=url)

    def _let_invoices_fall_due_at_once(self):
        # Without a term, Odoo lets invoices fall due on the day they are made.
        term = self.env.ref("account.account_payment_term_immediate")
        self.client.property_payment_term_id = term

    def test_overdue_page_of_core_leads_clients_to_billing(self):
        self._let_invoices_fall_due_at_once()
        self._invoice(self._create_service(price_unit=80))
        response = self._get("/my/invoices/overdue")
        self.assertEqual(response.status_code, 303)
        self.assertURLEqual(response.headers["Location"], "/my/billing")

    def test_overdue_invoices_without_services_are_paid_for_what_is_left_of_them(self):
        # Made today, which around midnight is yesterday somewhere.
        self._pay(self.own_bill)
        self._let_invoices_fall_due_at_once()
        overdue = self.init_invoice(
            "out_invoice", self.client, amounts=[80], taxes=[], post=True
        )
        self._pay(overdue, 30)
        # It takes what is left, and would not take the total that Core asks about.
        self.provider.maximum_amount = 60
        page = self._get_page("/my/invoices/overdue")
        (form,) = page.xpath("//form[@id='o_payment_form']")
        self.assertEqual(float(form.get("data-amount")), 50)
        self.assertTrue(form.xpath(".//input[@name='o_payment_radio']"))
        self.assertIn("50.00", page.xpath("string(//main)"))
        url = "/invoice/transaction/%s"
        reference = {"payment_reference": "BATCH"}
        self.assertRefused("overdue", 80, "still owed", url=url, **reference)
        before = self._get_attempts()
        self._start_payment("overdue", 50, url=url, **reference)
        attempt = self._get_attempts() - before
        self.assertEqual(attempt.invoice_ids, overdue)

    # === VISITORS === #

    def test_visitor_is_asked_to_log_in(self):
        self.authenticate(None, None)
        for url in ("/my/billing", "/my/billing/page/1", "/my/billing/pay"):
            response = self._get(url, invoice_ids=self.own_bill.id)
            self.assertEqual(response.status_code, 303, url)
            self.assertIn("/web/login", response.headers["Location"])
        self.assertRefused(self.own_bill.id, 80, "[Ss]ession")

    # === SPEED === #

    def _count_queries(self, url="/my/billing"):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self._get_page(url)
        return self.cr.sql_log_count - before

    def test_list_costs_the_same_whatever_the_history(self):
        for patient in (self.client, self.child):
            self._pay(self._invoice(self._create_service(patient=patient)))
        # Fills the caches that outlive a request.
        self._count_queries()
        few = self._count_queries()
        for price in (20, 30):
            services = self._create_services(8, price_unit=price)
            bills = self._invoice(services, grouping="service")
            self._pay(bills[:4])
        self._count_queries()
        many = self._count_queries()
        self.assertEqual(len(self._get_rows(self._get_page())), 10)
        self.assertLessEqual(many, few + 2)

    def test_paid_and_unpaid_invoices_are_read_together(self):
        for price in (20, 30):
            services = self._create_services(4, price_unit=price)
            bills = self._invoice(services, grouping="service")
            self._pay(bills[:2])
        urls = ("/my/billing", "/my/invoices")
        # As above.
        ours, core = [self._count_queries(url) for url in 2 * urls][2:]
        # Read apart, they were almost three times as many.
        self.assertLess(ours, 2 * core)

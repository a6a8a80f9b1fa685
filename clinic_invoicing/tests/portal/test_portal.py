from odoo.fields import Command
from odoo.http import root
from odoo.tests import tagged

from .common_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortal(PortalCommon):
    """The Billing page: what it lists, counts and hands out."""

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
        self.assertTrue(self.client_user.partner_id.type)
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

    def test_row_of_a_voided_invoice_says_what_was_given_back(self):
        self._pay(self.own_bill)
        self.own_bill._clinic_void("Wrong patient")
        row = self._get_rows(self._get_page(), "clinic_paid")[self.own_bill.id]
        self.assertRegex(row, r"Cancelled .*\$ 80.00 was given back on .*Bank")

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

    def test_nobody_is_thanked_for_what_was_given_back(self):
        tx = self._attempt(self.own_bill, state="done")
        tx._post_process()
        tx.payment_id._clinic_give_back(80, "Wrong card")
        self.assertNotIn("Thank you", self._get_page().text_content())

    def test_client_is_thanked_for_what_is_left_of_it(self):
        tx = self._attempt(self.own_bill, state="done")
        tx._post_process()
        tx.payment_id._clinic_give_back(30, "Too much")
        self.assertIn("Thank you", self._get_page().text_content())

    def test_odoos_own_pages_say_that_a_voided_invoice_is_cancelled(self):
        self._pay(self.own_bill)
        self._pay(self.childs_bill)
        self.own_bill._clinic_void("Wrong patient")
        list_page = self._get_page("/my/invoices?filterby=invoices")
        rows = {
            row.xpath(".//a/@title")[0]: " ".join(row.text_content().split())
            for row in list_page.xpath("//tbody/tr")
        }
        self.assertIn("Cancelled", rows[self.own_bill.name])
        self.assertNotIn("Paid", rows[self.own_bill.name])
        self.assertIn("Paid", rows[self.childs_bill.name])
        for bill, badge in ((self.own_bill, "Cancelled"), (self.childs_bill, "Paid")):
            page = self._get_page(bill.get_portal_url())
            badges = page.xpath(
                "//h2/following-sibling::div[contains(@class, 'badge')]"
            )
            self.assertEqual(
                ["".join(each.text_content().split()) for each in badges], [badge]
            )

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
        # What providers charge at least is known to the server.
        user._clinic_get_unpaid_count()
        self.env.flush_all()
        self.env.invalidate_all()
        # Each page knows its user.
        self.assertTrue(user.partner_id.type)
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

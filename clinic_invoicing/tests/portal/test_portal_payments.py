import re
from datetime import timedelta

from odoo.tests import tagged

from .common_portal import PortalCommon

# The number of no record.
MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestPortalPayments(PortalCommon):
    """The card dialog, and what may be paid through it for how much."""

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

    def test_invoices_are_overdue_when_the_practices_day_is_over(self):
        self._pay(self.own_bill + self.childs_bill)
        bill = self._invoice(self._create_service(price_unit=80))
        # In one of both it is not the day that it is in UTC.
        for zone in ("Pacific/Honolulu", "Pacific/Kiritimati"):
            self.practice.partner_id.tz = zone
            for days, where in ((0, "/my/invoices"), (-1, "/my/billing")):
                bill.invoice_date_due = self._get_today() + timedelta(days=days)
                response = self._get("/my/invoices/overdue")
                with self.subTest(zone=zone, days=days):
                    self.assertURLEqual(response.headers["Location"], where)

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

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_desk import KEY, DeskCommon

MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestDesk(DeskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.clinic_deposit = 30
        cls.visit = cls._create_event(cls.client)
        cls.older_bill = cls._invoice(cls._create_service(price_unit=80))
        cls.foreign_bill = cls._invoice(cls._create_service(patient=cls.other_client))
        cls.env.flush_all()

    # === HELPERS === #

    def _complete(self, event=None):
        """Return the invoices of a visit, and the action that leads to paying them."""
        event = event or self.visit
        action = event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        return event.clinic_service_ids.invoice_ids, action

    # === THE PAYMENT STEP === #

    def test_complete_and_invoice_leads_to_the_payment_step(self):
        bill, action = self._complete()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertEqual(action["url"], f"/clinic/desk/pay/{bill.id}")
        self.assertEqual(action["target"], "self")

    def test_page_shows_the_client_and_never_the_employee(self):
        bill, action = self._complete()
        text, _key = self._see(action["url"])
        for shown in ("Harbour Clinic", "Clara Client", bill.name, "100.00"):
            self.assertIn(shown, text)
        self.assertIn(self.older_bill.name, text)
        self.assertNotIn(self.foreign_bill.name, text)
        self.assertNotIn("Fran Desk", self._get(action["url"]).text)

    def test_cash_pays_the_invoice_and_leads_to_the_outcome(self):
        bill, action = self._complete()
        _text, key = self._see(action["url"])
        place = self._press_cash(bill, "100.0", key)
        self.assertEqual(place, f"/clinic/desk/result/{key}")
        self.assertEqual(bill.amount_residual, 0)
        payment = bill.matched_payment_ids
        self.assertEqual((payment.amount, payment.partner_id), (100, self.client))
        self.assertEqual(payment.create_uid, self.front_desk)
        text, _key = self._see(place)
        self.assertIn("Clara Client has paid $ 100.00", text.replace("\xa0", " "))

    def test_second_click_shows_the_outcome_of_the_first(self):
        bill = self._bill_visit()
        for _click in range(2):
            place = self._press_cash(bill, "40")
            self.assertEqual(place, f"/clinic/desk/result/{KEY}")
        self.assertEqual(bill.amount_residual, 60)

    def test_part_of_several_invoices_is_paid_as_the_page_shows(self):
        bill = self._bill_visit()
        both = self.older_bill | bill
        url = f"/clinic/desk/pay/{bill.id}"
        page = html.fromstring(self._get(url).text)
        (every,) = page.xpath("//a[contains(@class, 'o_clinic_desk_all')]/@href")
        text, _key = self._see(every)
        self.assertIn("180.00", text)
        self.assertNotIn("Choose all", text)
        self.assertIn("due first are paid first", self._see(every, amount="60")[0])
        due = self._get_due(both)
        shown = due.invoices._clinic_get_allocation(100)
        payment = self._take_cash(due, 100)
        self.assertEqual(len(payment), 1)
        paid = {
            move.id: move.amount_total - move.amount_residual
            for move in both
            if move.amount_residual != move.amount_total
        }
        self.assertEqual(paid, {move.id: part for move, part in shown})
        self.assertEqual(sum(both.mapped("amount_residual")), 80)

    def test_page_tells_why_less_is_asked(self):
        self.client.property_payment_term_id = self._create_term((30, 0), (70, 60))
        bill = self._bill_visit()
        self._pay(self.older_bill)
        self.env["account.payment"].create(
            {"amount": 20, "partner_id": self.client.id}
        ).action_post()
        text, _key = self._see(f"/clinic/desk/pay/{bill.id}")
        self.assertRegex(text, r"\$\s30.00 now \$\s70.00 on \d")
        held = r"\$\s20.00 is held for the payer; \$\s10.00 is asked"
        self.assertRegex(text, held)
        self.assertRegex(text, r"Record as received: \$\s10.00")

    def test_outcome_tells_all_that_was_taken_over_two_receivable_accounts(self):
        account = self.company_data["default_account_receivable"].copy()
        self.client.property_account_receivable_id = account
        bill = self._bill_visit()
        both = self.older_bill | bill
        payments = self._take_cash(self._get_due(both), 180)
        self.assertEqual(sorted(payments.mapped("amount")), [80, 100])
        text, _key = self._see(f"/clinic/desk/result/{KEY}")
        text = text.replace("\xa0", " ")
        self.assertIn("Clara Client has paid $ 180.00", text)
        for payment, amount in zip(payments, ("80.00", "100.00"), strict=True):
            self.assertIn(f"{payment.name} · $ {amount}", text)
        for invoice in both:
            self.assertIn(f"{invoice.name} · nothing owed any more", text)

    def test_more_than_is_owed_is_refused(self):
        due = self._get_due(self.older_bill)
        for amount in (80.01, 0, -5):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                self._take_cash(due, amount)
        self.assertEqual(self.older_bill.amount_residual, 80)

    def test_page_tells_why_a_payment_was_refused(self):
        bill = self.older_bill
        url = f"/clinic/desk/pay/{bill.id}"
        for amount in ("80.01", "nan", "1e400", "x", "-1", ""):
            with self.subTest(amount=amount):
                place = self._press_cash(bill, amount)
                self.assertEqual(place, f"{url}?invoice_ids={bill.id}")
                self.assertRegex(self._see(place)[0], "Only|amount must be")
        self.assertEqual(bill.amount_residual, 80)

    def test_portal_switch_does_not_close_the_desk(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", False
        )
        self._take_cash(self._get_due(self.older_bill), 80)
        self.assertEqual(self.older_bill.amount_residual, 0)

    def test_ways_are_called_as_the_journal_and_cash_comes_first(self):
        due = self._get_due(self.older_bill)
        cash = self.company_data["default_journal_cash"]
        bank = self.company_data["default_journal_bank"]
        names = [name for _line, name in self.desk._get_ways_outside(due)]
        self.assertEqual(names[0], cash.name)
        self.assertIn(bank.name, names)
        bank.inbound_payment_method_line_ids[:1].copy({"name": "Checks"})
        text, _key = self._see(f"/clinic/desk/pay/{self.older_bill.id}")
        self.assertIn(f"{bank.name} · Checks", text)

    def test_online_provider_is_no_way_to_receive_cash(self):
        due = self._get_due(self.older_bill)
        lines = self.desk._get_method_lines(due)
        self.assertTrue(lines)
        self.assertFalse(lines.payment_provider_id)
        self.assertEqual(lines.journal_id.company_id, self.practice)
        foreign = self.env["account.payment.method.line"].search(
            [("id", "not in", lines.ids)], limit=1
        )
        for line_id in (foreign.id, MISSING, None):
            with self.assertRaises(UserError):
                self.desk._receive(due, line_id, 80, KEY)

    def test_payers_of_one_visit_are_reachable_from_one_another(self):
        event = self._create_event(self.client)
        self._create_service(event_id=event.id, patient=self.other_client)
        bills, action = self._complete(event)
        self.assertEqual(len(bills), 2)
        other = bills.filtered(lambda bill: f"/{bill.id}" not in action["url"])
        text, _key = self._see(action["url"])
        self.assertIn(other.name, text)
        self.assertIn(other.partner_id.name, text)

    def test_open_page_learns_that_the_client_has_paid(self):
        invoice = self.desk._find_invoice(self.older_bill.id)
        told = {"changed": False, "is_settled": False, "notice": False}
        self.assertEqual(self.desk._get_news(invoice, "", "80.0", "0"), told)
        self._pay(self.older_bill, 30)
        news = self.desk._get_news(invoice, "", "80.0", "0")
        self.assertTrue(news["changed"])
        self.assertIn("30.00", news["notice"])
        self._pay(self.older_bill)
        self.assertTrue(self.desk._get_news(invoice, "", "80.0", "0")["is_settled"])

    # === LINKS === #

    def test_link_is_shown_and_sent_to_the_client_alone(self):
        url = f"/clinic/desk/pay/{self.older_bill.id}"
        self.assertNotIn("/clinic/pay/", self._see(url)[0])
        text, key = self._see(url, link="1")
        link = self.env["clinic.payment.link"].search([])
        self.assertEqual(link.invoice_ids, self.older_bill)
        self.assertIn(link.url, text)
        asks = "The link asks for"
        self.assertNotIn(asks, text)
        self.assertIn(asks, self._see(url, amount="30")[0])
        place = self._press(f"{url}/email", key, invoice_ids=self.older_bill.id)
        self.assertIn("clara@example.com", self._see(place)[0])
        self.client.email = False
        self._press(f"{url}/email", key, invoice_ids=self.older_bill.id)
        self.assertIn("no e-mail address", self._see(place)[0])

    def test_what_goes_to_two_addresses_is_paid_by_no_single_link(self):
        self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        second = self._invoice(self._create_service())
        url = f"/clinic/desk/pay/{second.id}"
        both = f"{second.id},{self.older_bill.id}"
        offered = second._clinic_get_owed_by_same_payer()
        self.assertIn(self.older_bill, offered)
        text, _key = self._see(url, link="1", invoice_ids=both)
        self.assertNotIn("Payment link", text)
        self.assertIn("/clinic/pay/", self._see(url, link="1")[0])

    def test_no_link_is_offered_where_clients_cannot_pay_online(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", False
        )
        url = f"/clinic/desk/pay/{self.older_bill.id}"
        self.assertNotIn("Payment link", self._see(url, link="1")[0])

    # === WHO MAY === #

    def test_only_the_front_desk_of_the_company_sees_the_page(self):
        url = f"/clinic/desk/pay/{self.older_bill.id}"
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        self._create_user(
            "outsider", "clinic_invoicing.group_manager", company_id=other.id
        )
        self._create_user("accountant", "account.group_account_manager")
        answers = {
            "biller": 200,
            "outsider": 404,
            "accountant": 403,
            "employee": 403,
            "client": 403,
        }
        for login, status in answers.items():
            self.authenticate(login, login)
            with self.subTest(login=login), mute_logger("odoo.http"):
                self.assertEqual(self._get(url).status_code, status)
                deposit = self._get(f"/clinic/desk/deposit/{self.visit.id}")
                self.assertEqual(deposit.status_code, status)
                result = self._get(f"/clinic/desk/result/{KEY}")
                self.assertEqual(result.status_code, max(status, 403) + (status < 300))
        self.authenticate(None, None)
        self.assertEqual(self._get(url).status_code, 303)

    def test_what_is_no_invoice_of_a_visit_is_answered_like_nothing(self):
        draft = self._invoice(self._create_service())
        draft.button_draft()
        plain = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.client.id,
                "invoice_line_ids": [Command.create({"name": "-", "price_unit": 5})],
            }
        )
        plain.action_post()
        for number in (0, MISSING, 2**40, draft.id, plain.id):
            with self.subTest(number=number), mute_logger("odoo.http"):
                response = self._get(f"/clinic/desk/pay/{number}")
                self.assertEqual(response.status_code, 404)
                response = self._get(f"/clinic/desk/deposit/{number}")
                self.assertIn(response.status_code, (404, 200 * (number == draft.id)))

    def test_invoices_of_others_cannot_be_chosen(self):
        due = self._get_due(self.older_bill | self.foreign_bill)
        self.assertEqual(due.invoices, self.older_bill)
        invoice = self.desk._find_invoice(self.older_bill.id)
        for text in (str(self.foreign_bill.id), "9" * 5000, "x", "-1"):
            chosen = self.desk._choose_invoices(invoice, text)
            self.assertNotIn(self.foreign_bill, chosen)

    def test_employees_take_no_payment_over_rpc_either(self):
        for user in (self.employee, self.client_user):
            desk = self.env["clinic.desk"].with_user(user)
            for find in (desk._find_invoice, desk._find_deposit, desk._find_done):
                with self.assertRaises(AccessError):
                    find(self.older_bill.id)

    # === DEPOSITS === #

    def test_deposit_is_suggested_by_the_rate_and_shown_on_the_block(self):
        action = self.visit.with_user(self.front_desk).action_clinic_take_deposit()
        self.assertEqual(action["url"], f"/clinic/desk/deposit/{self.visit.id}")
        text, key = self._see(action["url"])
        self.assertIn("Record as received: $ 30.00", text.replace("\xa0", " "))
        self._press(
            f"{action['url']}/outside",
            key,
            choice=self._get_cash(),
            amount="30",
            payer_id=self.client.id,
        )
        label = self.visit.with_user(self.front_desk).clinic_deposit_label
        self.assertIn("30.00 paid", label)
        payment = self.visit.clinic_deposit_ids
        self.assertEqual(payment.clinic_amount_unallocated, 30)
        self.assertEqual(payment.partner_id, self.client)
        self.assertFalse(self.visit.sudo()._clinic_get_deposit_amount(self.client))

    def test_deposit_page_offers_no_more_than_the_client_will_owe(self):
        url = f"/clinic/desk/deposit/{self.visit.id}"
        for typed, offered in (("100", "100.00"), ("100.01", "30.00")):
            with self.subTest(typed):
                page = html.fromstring(self._get(f"{url}?amount={typed}").text)
                (field,) = page.xpath("//input[@id='clinic_desk_amount']")
                self.assertEqual(float(field.get("max")), 100)
                self.assertEqual(field.get("value"), offered)
        self._take_deposit(100)
        page = html.fromstring(self._get(url).text)
        self.assertIn("is paid already", page.text_content())
        self.assertFalse(page.xpath("//input[@name='amount']"))

    def test_page_of_a_deposit_leads_to_the_invoice_once_there_is_one(self):
        url = f"/clinic/desk/deposit/{self.visit.id}"
        bill = self._bill_visit()
        response = self._get(url)
        self.assertEqual(response.headers["Location"], f"/clinic/desk/pay/{bill.id}")
        self._pay(bill)
        self.assertEqual(self._get(url).status_code, 404)

    def test_deposit_is_taken_off_the_invoice_of_its_visit(self):
        payment = self._take_deposit()
        bill, action = self._complete()
        self.assertEqual(bill.amount_residual, 70)
        self.assertEqual(self.older_bill.amount_residual, 80)
        self.assertFalse(payment.clinic_amount_unallocated)
        self.assertIn("70.00", self._see(action["url"])[0])

    def test_billing_run_takes_deposits_off_as_well(self):
        self._take_deposit()
        self.visit.action_clinic_complete()
        bill = self._invoice(self.visit.clinic_service_ids)
        self.assertEqual(bill.amount_residual, 70)

    def test_deposit_that_pays_all_needs_no_payment_step(self):
        payment = self._take_deposit(100)
        # Agreed on meanwhile.
        self.visit.clinic_service_ids.price_unit = 70
        bill, action = self._complete()
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Nothing is owed", action["params"]["message"])
        self.assertEqual(payment.clinic_amount_unallocated, 30)

    def test_deposit_is_never_taken_off_what_somebody_else_owes(self):
        payment = self._take_deposit()
        self.visit.clinic_service_ids.bill_to_id = self.other_client
        bill = self._bill_visit()
        self.assertEqual(bill.partner_id, self.other_client)
        self.assertEqual(bill.amount_residual, 100)
        self.assertEqual(payment.clinic_amount_unallocated, 30)

    def test_deposit_of_a_visit_that_is_cancelled_stays_and_is_told(self):
        payment = self._take_deposit()
        visit = self.visit.with_user(self.front_desk)
        visit._clinic_close("no_show", self.client)
        self.assertEqual(payment.clinic_amount_unallocated, 30)
        self.assertEqual(payment.activity_ids.summary, "A deposit is left")
        self.assertIn("30.00", payment.activity_ids.note)

    def test_deposit_pays_the_fee_of_a_visit_that_was_missed(self):
        fee_rate = self._create_rate("No-show fee", 25)
        self.rate.product_tmpl_id.clinic_no_show_rate_id = fee_rate
        payment = self._take_deposit()
        visit = self.visit.with_user(self.front_desk)
        fee = visit._clinic_close("no_show", self.client)
        bill = self._invoice(fee.with_env(self.env))
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(payment.clinic_amount_unallocated, 5)

    def test_second_click_takes_no_second_deposit(self):
        first = self._take_deposit()
        self.assertEqual(self._take_deposit(), first)
        self.assertEqual(self.visit.clinic_deposit_ids, first)
        self._take_deposit(key="1" * 32)
        self.assertEqual(len(self.visit.clinic_deposit_ids), 2)

    def test_no_deposit_is_taken_for_what_is_invoiced_or_does_not_take_place(self):
        self._bill_visit()
        closed = self._create_event(self.client)
        closed.with_user(self.front_desk)._clinic_close("cancelled", self.client)
        for event in (self.visit, closed):
            with self.assertRaises(UserError):
                event.with_user(self.front_desk).action_clinic_take_deposit()
            with self.assertRaises(UserError):
                self._reserve_deposit(event, 30)

    def test_deposit_follows_its_visit_when_the_series_is_rewritten(self):
        series = self._create_coming_series()
        payment = self._take_deposit(event=series[1])
        self._rewrite_series(series)
        heir = payment.clinic_deposit_event_id
        self.assertTrue(heir.active)
        self.assertEqual(str(heir.start), "2099-03-19 16:00:00")
        self.assertIn("30.00", heir.clinic_deposit_label)

    def test_negative_deposits_are_refused(self):
        with self.assertRaises(Exception), mute_logger("odoo.sql_db"):  # noqa: B017
            self.rate.clinic_deposit = -1
            self.env.flush_all()

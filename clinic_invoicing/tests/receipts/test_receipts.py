from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_online import OnlineCommon
from ..statements.common_money_owed import MoneyOwedCommon


@tagged("post_install", "-at_install")
class TestReceipts(MoneyOwedCommon, OnlineCommon):
    """A receipt names services, practitioner and payments, for the client's claim."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.write({"company_registry": "HC-4711", "phone": "+1 555 0100"})
        cls.practitioner.partner_id.clinic_licence_number = "PT-0815"
        cls.child.clinic_member_number = "SM-99"

    def _get_receipt(self, invoice, user=None):
        self.env.flush_all()
        (receipt,) = invoice.with_user(user or self.biller)._clinic_get_receipts()
        return receipt

    def _get_settlements(self, invoice):
        return [
            (str(row["date"]), row["kind"], row["method"], row["amount"])
            for row in self._get_receipt(invoice)["settlements"]
        ]

    def _render(self, invoice, user=None):
        """Return the text of the page."""
        reports = self.env["ir.actions.report"].with_user(user or self.biller)
        content, _kind = reports._render_qweb_html(
            "clinic_invoicing.account_move_report_receipt", invoice.ids
        )
        return " ".join(content.decode().split())

    def test_it_names_what_was_done_by_whom_and_how_it_was_paid(self):
        visit = self._create_event(
            self.child, rates=[self.rate, self._create_rate("Report", 35)]
        )
        visit.action_clinic_complete_and_invoice()
        bill = visit.clinic_service_ids.invoice_ids
        self._pay(bill, 100)
        page = self._render(bill)
        for text in (
            "Harbour Clinic",
            "HC-4711",
            "+1 555 0100",
            "Charlie Client",
            "Sea Mutual",
            "SM-99",
            "Consultation",
            "Report",
            "03/12/2024",
            "Pat Practitioner",
            "PT-0815",
            "04/02/2024",
            "135.00",
            "Bank",
        ):
            self.assertIn(text, page)
        receipt = self._get_receipt(bill)
        self.assertEqual(receipt["patients"], self.child)
        self.assertEqual(receipt["balance"], 35)

    def test_what_is_charged_less_what_is_settled_is_the_balance(self):
        self.assertEqual(
            self._get_settlements(self.february),
            [("2024-04-02", "payment", "Bank", 80)],
        )
        self._pay(self.march)
        receipt = self._get_receipt(self.march)
        self.assertEqual(receipt["credit_notes"], [self.credit_note])
        self.assertEqual(
            [(row["kind"], row["amount"]) for row in receipt["settlements"]],
            [("payment", 30)],
        )
        self.assertEqual(receipt["balance"], 0)

    def test_a_credit_note_that_was_paid_out_is_a_refund(self):
        self._pay(self.january)
        credit_note = self.january._reverse_moves([{"invoice_date": "2024-04-05"}])
        credit_note.invoice_line_ids.price_unit = 40
        credit_note.action_post()
        self._pay(credit_note)
        receipt = self._get_receipt(self.january)
        self.assertEqual(
            [(row["kind"], row["amount"]) for row in receipt["settlements"]],
            [("payment", 100), ("refund", -40)],
        )
        self.assertEqual(receipt["balance"], 0)

    def test_money_that_went_back_is_told(self):
        with freeze_time("2024-04-07 12:00:00"):
            self.part_payment._clinic_give_back(30, "Paid too much")
        receipt = self._get_receipt(self.february)
        self.assertEqual([row["amount"] for row in receipt["settlements"]], [50])
        self.assertEqual([row["amount"] for row in receipt["given_back"]], [30])
        self.assertEqual(receipt["balance"], 150)
        self.assertIn("was given back on", self._render(self.february))
        self.assertNotIn("Paid too much", self._render(self.february))

    def test_each_invoice_says_how_much_of_its_own_money_went_back(self):
        first, second = (
            self._bill(97.75, date) for date in ("2024-04-01", "2024-04-03")
        )
        payment = self._pay(first | second)
        self.assertEqual(payment.amount, 195.5)
        payment._clinic_give_back(150, "Paid too much")
        receipt = self._get_receipt(first)
        self.assertEqual([row["amount"] for row in receipt["given_back"]], [52.25])
        self.assertIn("52.25</span> was given back on", self._render(first))
        self.assertEqual(self._get_given_back(second), [97.75])
        payment._clinic_give_back(45.5, "Paid too much")
        self.assertEqual(self._get_given_back(first), [52.25, 45.5])
        self.assertEqual(self._get_given_back(second), [97.75])

    def _get_given_back(self, invoice):
        """Return what the client reads of money that went back of an invoice."""
        formers = invoice._clinic_get_given_back_by_invoice()[invoice]
        rows = invoice._clinic_describe_given_back(formers)
        return [row["amount"] for row in rows]

    def test_money_that_came_back_was_not_given_back(self):
        back = self.part_payment._clinic_give_back(80, "Paid too much")
        self.assertEqual(self._get_given_back(self.february), [80])
        self.part_payment._clinic_undo_net(back)
        self.assertEqual(self._get_given_back(self.february), [])

    def test_a_discount_is_no_money_that_went_back(self):
        payment = self._pay_and_write_off(self.january, 95)
        payment._clinic_give_back(95, "Paid too much")
        self.assertEqual(self.january.amount_residual, 100)
        self.assertEqual(self._get_given_back(self.january), [95])

    def test_the_money_of_a_void_is_told_when_it_went_back(self):
        for price, date, money, told in (
            (60, "2024-04-01", "refund", [60]),
            (61, "2024-04-02", "already_refunded", [61]),
            (62, "2024-04-03", "keep", []),
        ):
            with self.subTest(money=money):
                bill = self._bill(price, date)
                payment = self._pay(bill)
                bill._clinic_void("Wrong patient", money=money)
                self.assertEqual(self._get_given_back(bill), told)
        payment._clinic_give_back(30, "Not needed")
        self.assertEqual(self._get_given_back(bill), [30])
        payment._clinic_give_back(32, "Not needed")
        self.assertEqual(self._get_given_back(bill), [30, 32])

    # === WHAT IS NO MONEY === #

    def _get_amounts(self, invoice):
        return [(row[1], row[3]) for row in self._get_settlements(invoice)]

    def test_what_was_written_off_was_not_paid(self):
        self._pay_and_write_off(self.january, 95)
        self.assertEqual(
            self._get_settlements(self.january),
            [
                ("2024-04-02", "payment", "Bank", 95),
                ("2024-04-02", "adjustment", "", 5),
            ],
        )
        self.assertEqual(self._get_receipt(self.january)["balance"], 0)
        page = self._render(self.january)
        self.assertIn("95.00", page)
        self.assertIn("Adjustment", page)
        rows = self.january.with_user(self.client_user)._clinic_get_portal_payments()
        self.assertEqual(
            [(row["kind"], row["amount"]) for row in rows],
            [("payment", 95), ("adjustment", 5)],
        )

    def test_an_early_payment_discount_was_not_paid(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "2 % in 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100})],
            }
        )
        self.client.property_payment_term_id = terms
        tax = self._create_tax(10)
        bill = self._bill(100, "2024-04-01", tax_ids=[Command.set(tax.ids)])
        self._pay(bill)
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(
            self._get_amounts(bill),
            [("payment", 107.8), ("adjustment", 2.2)],
        )

    def test_what_is_due_last_is_written_off_first(self):
        self._pay_and_write_off(self.january | self.february | self.march, 215)
        self.assertEqual(self._get_amounts(self.january), [("payment", 100)])
        self.assertEqual(
            self._get_amounts(self.february),
            [("payment", 80), ("payment", 115), ("adjustment", 5)],
        )
        self.assertFalse(self.march._clinic_is_receipted())
        rows = self.march._clinic_get_settlements()
        self.assertEqual(
            [(row["kind"], row["amount"]) for row in rows], [("adjustment", 30)]
        )

    def test_more_money_than_was_owed_is_told(self):
        self._pay_and_write_off(self.january, 105)
        self.assertEqual(
            self._get_amounts(self.january), [("payment", 105), ("adjustment", -5)]
        )

    def test_money_that_went_back_was_not_written_off(self):
        payment = self._pay_and_write_off(self.january, 95)
        payment._clinic_give_back(50, "Paid too much")
        self.assertEqual(
            self._get_amounts(self.january), [("payment", 45), ("adjustment", 5)]
        )
        self.assertEqual(self._get_receipt(self.january)["balance"], 50)

    def test_a_credit_note_that_was_paid_out_in_part_is_told_so(self):
        self._pay(self.january)
        credit_note = self.january._reverse_moves([{"invoice_date": "2024-04-05"}])
        credit_note.action_post()
        self._pay_and_write_off(credit_note, 90, payment_date="2024-04-06")
        self.assertEqual(
            self._get_amounts(self.january),
            [("payment", 100), ("refund", -90), ("adjustment", -10)],
        )

    def test_money_for_another_receivable_account_was_paid(self):
        other_account = self.company_data["default_account_receivable"].copy(
            {"code": "121999"}
        )
        bill = self._bill(60, "2024-04-01")
        bill.button_draft()
        bill.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id = other_account
        bill.action_post()
        self._book_attempt(self._attempt(self.january | bill, 160))
        self.assertEqual(self._get_amounts(self.january), [("payment", 100)])
        self.assertEqual(self._get_amounts(bill), [("payment", 60)])

    def test_a_write_off_is_told_in_the_currency_of_the_invoice(self):
        bill = self._create_invoice_one_line(
            price_unit=300,
            partner_id=self.client,
            currency_id=self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5)]),
            invoice_date="2024-04-01",
            tax_ids=[],
            post=True,
        )
        payment = self._pay_and_write_off(
            bill, 580, currency_id=self.practice.currency_id.id
        )
        self.assertEqual(payment.currency_id, self.practice.currency_id)
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(
            self._get_amounts(bill), [("payment", 290), ("adjustment", 10)]
        )

    # === HOW IT IS WRITTEN === #

    def test_a_card_is_told_by_its_brand(self):
        tx = self._attempt(self.january, 100)
        self._book_attempt(tx)
        ((_date, kind, method, amount),) = self._get_settlements(self.january)
        self.assertEqual((kind, amount), ("payment", 100))
        self.assertEqual(method, tx.payment_method_id.name)

    def test_taxes_are_told_one_by_one(self):
        tax = self._create_tax(10, invoice_label="Sales tax")
        bill = self._bill(100, "2024-04-01", tax_ids=[Command.set(tax.ids)])
        self._pay(bill)
        receipt = self._get_receipt(bill)
        self.assertEqual(receipt["taxes"], [("Sales tax", 10)])
        self.assertEqual(receipt["lines"][0]["subtotal"], 100)
        self.assertEqual(receipt["balance"], 0)

    def test_without_a_payment_there_is_none(self):
        for invoice in (self.january, self.march):
            with self.assertRaisesRegex(UserError, "Nothing has been paid"):
                invoice.with_user(self.biller).action_clinic_receipt()
        with self.assertRaisesRegex(UserError, "Nothing has been paid"):
            self._render(self.january)
        self.part_payment._clinic_give_back(80, "Paid too much")
        self.assertFalse(self.february._clinic_is_receipted())

    def test_several_are_printed_at_once(self):
        self._pay(self.january)
        both = self.january | self.february
        page = self._render(both)
        for invoice in both:
            self.assertIn(f"Receipt {invoice.name}", page)
        action = both.with_user(self.biller).action_clinic_receipt()
        self.assertEqual(action["report_name"], "clinic_invoicing.report_receipt")

    def test_it_is_written_in_the_clients_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.client.lang = "de_DE"
        page = self._render(self.february)
        self.assertIn("20.02.2024", page)
        self.assertIn("200,00", page)

    def test_internal_notes_are_not_told(self):
        secret = "Secret of the practice"
        self.february.narration = f"<p>{secret}</p>"
        self.february.message_post(body=secret)
        self.client.comment = secret
        self.assertNotIn("Secret", self._render(self.february))

    def test_who_may_not_read_the_invoice_gets_none(self):
        for user in (self.front_desk, self.employee, self.other_client_user):
            with self.assertRaises(AccessError):
                self.february.with_user(user).action_clinic_receipt()
            with self.assertRaises(AccessError):
                self._render(self.february, user)

    def test_it_is_a_pdf(self):
        (text,) = self._read_pdf("account_move_report_receipt", self.february)
        title = f"Receipt {self.february.name}"
        for part in (title, "Consultation", "80.00", "120.00"):
            self.assertIn(part, text)

import re
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestLetters(OnlineCommon):
    """Clients are told by e-mail that their money has arrived."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.second_bill = cls._invoice(cls._create_service(price_unit=40))
        cls.today = cls._get_today()
        cls.env.flush_all()

    def _pay_today(self, invoices, amount=None, date=None):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"payment_date": date or self.today, "group_payment": True})
        )
        if amount is not None:
            wizard.amount = amount
        return wizard._create_payments()

    def _pay_online(self, invoices=None, state="done", **values):
        tx = self._attempt(invoices or self.bill, state=state, **values)
        tx._post_process()
        return tx

    def _send(self):
        """Run the job; return the e-mails that it has left in the queue."""
        before = self.env["mail.mail"].search([])
        with self.enter_registry_test_mode():
            self.env.ref(
                "clinic_invoicing.ir_cron_send_letters"
            ).method_direct_trigger()
        self.env.invalidate_all()
        return self.env["mail.mail"].search([]) - before

    # === WHEN === #

    def test_a_client_is_told_once_of_an_online_payment(self):
        tx = self._pay_online()
        mail = self._send()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.client)
        self.assertEqual(mail.subject, "Harbour Clinic: we have received your payment")
        self.assertIn(self.bill.name, mail.body_html)
        self.assertIn("100.00", mail.body_html)
        self.assertIn("/my/billing", mail.body_html)
        self.assertIn(tx.payment_method_id.name, mail.body_html)
        self.assertEqual(tx.payment_id.clinic_letter_state, "sent")
        tx._post_process()
        self.assertFalse(self._send())

    def test_a_client_is_told_of_money_received_at_the_desk(self):
        payment = self._pay_today(self.bill | self.second_bill, 120)
        mail = self._send()
        self.assertEqual(len(mail), 1)
        self.assertIn("120.00", mail.body_html)
        remaining = sum((self.bill | self.second_bill).mapped("amount_residual"))
        self.assertEqual(remaining, 20)
        self.assertIn("20.00", mail.body_html)
        self.assertIn(self.second_bill.name, mail.body_html)
        self.assertIn("was told by e-mail", payment.message_ids[0].body)

    def test_no_service_is_named(self):
        self._pay_today(self.bill)
        mail = self._send()
        for secret in ("Consultation", "Pat Practitioner", "2024-03-12", "03/12/2024"):
            self.assertNotIn(secret, mail.body_html + mail.subject)

    def test_the_job_is_started_by_the_payment(self):
        cron = self.env.ref("clinic_invoicing.ir_cron_send_letters")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", cron.id)])
        self._pay_today(self.bill)
        after = triggers.search([("cron_id", "=", cron.id)])
        self.assertEqual(len(after - before), 1)

    def test_what_is_clearing_is_not_told(self):
        self._go_online(self.provider)
        self._pay_online(state="pending")
        self.assertFalse(self._send())

    # === MONEY GIVEN BACK === #

    def test_a_client_is_told_once_of_money_that_was_given_back(self):
        payment = self._pay_today(self.bill | self.second_bill)
        self._send()
        outbound = payment._clinic_give_back(110, "Paid twice")
        mail = self._send()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.client)
        self.assertEqual(mail.subject, "Harbour Clinic: we have given you money back")
        names = (self.bill.name, self.second_bill.name)
        for told in (*names, "110.00", "70.00", "40.00", "Bank"):
            self.assertIn(told, mail.body_html)
        for secret in ("Consultation", "Paid twice", "Pat Practitioner"):
            self.assertNotIn(secret, mail.body_html + mail.subject)
        self.assertEqual(outbound.clinic_letter_state, "sent")
        self.assertIn("was given back", outbound.message_ids[0].body)
        outbound._clinic_queue_letters()
        self.assertFalse(self._send())

    def test_a_client_is_told_of_the_money_of_a_void_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref(
            "clinic_invoicing.account_payment_mail_template_given_back"
        )
        template.with_context(lang="fr_FR").subject = "Votre argent"
        self.client.lang = "fr_FR"
        for money, told in (("refund", True), ("already_refunded", True), ("keep", 0)):
            with self.subTest(money=money):
                bill = self._invoice(self._create_service(), invoice_date=self.today)
                self._pay_today(bill)
                self._send()
                bill._clinic_void("Wrong patient", money=money)
                mail = self._send()
                self.assertEqual(mail.mapped("subject"), ["Votre argent"] * told)
                if told:
                    self.assertIn(bill.name, mail.body_html)

    def test_only_money_is_told_that_was_given_back(self):
        payment = self._pay_today(self.bill)
        self._send()
        back = payment._clinic_give_back(100, "Wrong card")
        # It has not gone back after all, before anybody was told.
        payment._clinic_undo_net(back)
        self.assertFalse(self._send())
        payment._clinic_call_off("Typed twice")
        self.assertFalse(self._send())
        discounted = self._pay_today(self.second_bill)
        self._send()
        discounted._clinic_take_discounts_back({discounted.destination_account_id: 1.0})
        self.assertFalse(self._send())

    def test_an_insurer_and_a_shop_are_not_told(self):
        payment = self.env["account.payment"].create(
            {"amount": 50, "partner_id": self.insurer.id, "date": self.today}
        )
        payment.action_post()
        payment._clinic_give_back(50, "Not for us")
        self.assertFalse(self._send())

    def test_of_money_that_came_and_went_only_the_return_is_told(self):
        payment = self._pay_today(self.bill)
        payment._clinic_give_back(100, "Typed twice")
        self.assertEqual(
            self._send().subject, "Harbour Clinic: we have given you money back"
        )

    def test_a_deposit_that_was_given_back_is_told(self):
        payment = self._take_deposit()
        self._send()
        payment._clinic_give_back(30, "Not needed")
        self.assertIn("30.00", self._send().body_html)

    # === WHAT IS TOLD ANEW === #

    def test_money_allocated_anew_is_not_told_twice(self):
        payment = self._pay_today(self.bill)
        self.assertTrue(self._send())
        payment.move_id.line_ids.remove_move_reconcile()
        payment._clinic_allocate(self.second_bill)
        self.assertEqual(self.second_bill.amount_residual, 0)
        self.assertFalse(self._send())

    def test_money_that_pays_nothing_is_told_when_it_is_allocated(self):
        payment = self._pay_today(self.bill)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertFalse(self._send())
        payment._clinic_allocate()
        self.assertEqual(len(self._send()), 1)

    def _take_deposit(self, date=None):
        self.visit = self._create_event(self.client)
        payment = (
            self.env["account.payment"]
            .sudo()
            .create(
                {
                    "amount": 30,
                    "partner_id": self.client.id,
                    "date": date or self.today,
                    "clinic_deposit_event_id": self.visit.id,
                }
            )
        )
        payment.action_post()
        return payment.with_env(self.env)

    def test_a_client_is_told_of_a_deposit_when_it_arrives_and_once(self):
        payment = self._take_deposit()
        mail = self._send()
        self.assertEqual(mail.recipient_ids, self.client)
        for text in ("30.00", "This is a deposit", "invoice of your visit"):
            self.assertIn(text, mail.body_html)
        for text in ("Consultation", "Still owed", "Get your receipt"):
            self.assertNotIn(text, mail.body_html)
        payment._clinic_allocate(self.bill)
        self.assertEqual(self.bill.amount_residual, 70)
        self.assertFalse(self._send())

    def test_a_client_is_told_of_a_deposit_by_card(self):
        visit = self._create_event(self.client)
        tx = self._create_transaction(
            "direct",
            amount=30,
            currency_id=self.practice.currency_id.id,
            partner_id=self.client.id,
            clinic_deposit_event_id=visit.id,
            state="done",
        )
        tx._post_process()
        mail = self._send()
        self.assertEqual(mail.recipient_ids, self.client)
        self.assertIn("This is a deposit", mail.body_html)
        self.assertEqual(tx.payment_id.clinic_letter_state, "sent")

    def test_a_deposit_that_pays_at_once_is_told_as_a_payment(self):
        payment = self._take_deposit()
        payment._clinic_allocate(self.bill)
        mail = self._send()
        self.assertIn(self.bill.name, mail.body_html)
        self.assertNotIn("This is a deposit", mail.body_html)

    def test_old_books_that_are_typed_in_are_not_told(self):
        self._pay_today(self.bill, date=self.today - timedelta(days=31))
        self.assertFalse(self._send())

    def test_the_practice_can_switch_it_off(self):
        self.practice.clinic_email_receipts = False
        self._pay_today(self.bill)
        self.practice.clinic_email_receipts = True
        self._pay_today(self.second_bill)
        self.practice.clinic_email_receipts = False
        self.assertFalse(self._send())

    def test_invoices_without_services_are_not_told(self):
        plain = self._create_invoice_one_line(
            price_unit=10, partner_id=self.client, tax_ids=[], post=True
        )
        self._pay_today(plain)
        self.assertFalse(self._send())

    def test_who_has_no_address_is_noted(self):
        self.client.email = False
        payment = self._pay_today(self.bill)
        self.assertFalse(self._send())
        self.assertEqual(payment.clinic_letter_state, "none")

    def test_an_employer_does_not_read_what_an_employee_has_paid(self):
        employer = self.env["res.partner"].create(
            {"name": "Ropes Ltd", "is_company": True, "email": "boss@example.com"}
        )
        self.other_client.write({"parent_id": employer.id, "email": "otto@example.com"})
        bill = self._invoice(self._create_service(patient=self.other_client))
        payment = self._pay_today(bill)
        self.assertEqual(payment.partner_id, employer)
        self.assertEqual(self._send().recipient_ids, self.other_client)

    def test_the_client_reads_it_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("clinic_invoicing.account_payment_mail_template_letter")
        template.with_context(
            lang="fr_FR"
        ).subject = "{{ object.company_id.name }} : reçu"
        self.client.lang = "fr_FR"
        self._pay_today(self.bill)
        mail = self._send()
        self.assertEqual(mail.subject, "Harbour Clinic : reçu")
        self.assertIn("100,00", mail.body_html)

    def test_the_button_to_pay_looks_the_same_in_every_letter(self):
        templates = self.env["mail.template"].search([("name", "=like", "Clinic:%")])
        bodies = " ".join(templates.mapped("body_html"))
        buttons = re.findall(r'style="([^"]*)"[^>]*>Pay now</a>', bodies, re.I)
        self.assertEqual(len(buttons), 3)
        self.assertEqual(len(set(buttons)), 1)

    def test_names_are_neither_code_nor_headers(self):
        self.client.name = "{{ 12345*54321 }}<script>x</script>\nBcc: spy@example.com"
        self._pay_today(self.bill)
        mail = self._send()
        self.assertNotIn("670592745", mail.body_html)
        self.assertNotIn("<script", mail.body_html)
        server = self.env["ir.mail_server"]
        for values in mail._prepare_outgoing_list():
            try:
                message = server._build_email__(
                    "practice@example.com",
                    values["email_to"],
                    values["subject"],
                    values["body"],
                )
            except ValueError:
                continue
            self.assertNotIn("Bcc", message.keys())

    def test_clients_do_not_read_what_was_sent(self):
        payment = self._pay_today(self.bill)
        self.assertEqual(payment.clinic_letter_state, "to_send")
        with self.assertRaises(AccessError):
            payment.with_user(self.client_user).read(["clinic_letter_state"])

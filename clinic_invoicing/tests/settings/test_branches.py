from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.payment.utils import generate_access_token

from ..charges.common_charges import ChargesCommon

KEY = "0" * 32


@tagged("post_install", "-at_install")
class TestBranches(ChargesCommon):
    """A practice with two branches: they bill, and the journals are the practice's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north, cls.south = cls.env["res.company"].create(
            [
                {"name": "Harbour North", "parent_id": cls.practice.id},
                {"name": "Harbour South", "parent_id": cls.practice.id},
            ]
        )
        cls.family = cls.practice | cls.north | cls.south
        staff = cls.env.user | cls.biller | cls.manager
        staff.company_ids = [Command.link(company.id) for company in cls.family]
        cls.north_desk = cls._create_user(
            "north_desk",
            "clinic_invoicing.group_front_desk",
            company_id=cls.north.id,
            company_ids=[Command.set(cls.north.ids)],
        )
        # Nothing else is owed.
        cls._pay(cls.bill)
        cls.bill = cls._bill(cls.north)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.desk = self.env["clinic.desk"].with_user(self.north_desk)

    @classmethod
    def _bill(cls, company, amount=100, **values):
        """Return the invoice that a billing run of this company makes."""
        service = cls._create_service(
            price_unit=amount,
            company_id=company.id,
            tax_ids=[Command.clear()],
            **values,
        )
        run = (
            cls.env["clinic.billing.run"]
            .with_user(cls.biller)
            .with_company(company)
            .create(
                {
                    "company_id": company.id,
                    "service_ids": [Command.set(service.ids)],
                    "invoice_date": cls._get_today(),
                }
            )
        )
        run.action_start()
        return run.with_env(cls.env).invoice_ids

    def _book_visit(self):
        service = {
            "rate_id": self.rate.id,
            "company_id": self.north.id,
            "tax_ids": [Command.clear()],
        }
        return self._create_event(
            user=self.env.user, clinic_service_ids=[Command.create(service)]
        )

    def _get_due(self, invoice):
        return self.desk._get_due(self.desk._find_invoice(invoice.id))

    def _get_cash_line(self):
        journal = self.company_data["default_journal_cash"]
        return journal.inbound_payment_method_line_ids[:1]

    def _receive_at_practice(self, amount, **values):
        """Return money on the books of the practice itself."""
        # sudo: nobody says by hand what a deposit is for.
        payment = (
            self.env["account.payment"]
            .sudo()
            .create(
                {
                    "amount": amount,
                    "partner_id": self.client.id,
                    "company_id": self.practice.id,
                    **values,
                }
            )
        )
        payment.action_post()
        return payment

    def _book_card(self, amount=100, **values):
        """Return the payment of a card that the practice's provider has charged."""
        tx = self._create_transaction(
            "direct",
            amount=amount,
            currency_id=self.practice.currency_id.id,
            partner_id=self.client.id,
            **values,
        )
        return self._book_attempt(tx)

    # === INVOICING === #

    def test_a_billing_run_bills_for_the_branch(self):
        self.assertEqual(self.bill.company_id, self.north)
        self.assertEqual(self.bill.state, "posted")

    # === AT THE DESK === #

    def test_the_desk_takes_cash_into_the_practices_journal(self):
        due, line = self._get_due(self.bill), self._get_cash_line()
        self.assertIn(line, self.desk._get_method_lines(due))
        payment = self.desk._receive(due, line.id, 100, KEY)
        self.assertEqual(self.bill.payment_state, "paid")
        self.assertEqual(payment.company_id, self.north)
        self.assertEqual(payment.journal_id.company_id, self.practice)

    def test_the_desk_charges_a_card_once(self):
        due = self._get_due(self.bill)
        self.assertEqual(self.desk._get_cards(due, 100), self.card.sudo())
        for _click in range(2):
            tx = self.desk._charge(due, self.card.id, 100, KEY)
            tx._post_process()
        self.assertEqual(self.sent, [100])
        self.assertEqual(self.bill.payment_state, "paid")

    def test_the_desk_takes_a_deposit_in_cash(self):
        visit = self._book_visit()
        due = self.desk._find_deposit(visit.id)
        self.desk._receive(due, self._get_cash_line().id, 30, KEY)
        visit.action_clinic_complete_and_invoice()
        bill = visit.clinic_service_ids.invoice_ids
        self.assertEqual((bill.company_id, bill.amount_residual), (self.north, 70))

    def test_a_deposit_by_card_pays_its_visit(self):
        visit = self._book_visit()
        payment = self._book_card(30, clinic_deposit_event_id=visit.id)
        self.assertEqual(payment.company_id, self.north)
        visit.action_clinic_complete_and_invoice()
        self.assertEqual(visit.clinic_service_ids.invoice_ids.amount_residual, 70)

    def test_a_deposit_on_the_practices_books_pays_its_visit(self):
        visit = self._book_visit()
        self._receive_at_practice(30, clinic_deposit_event_id=visit.id)
        visit.action_clinic_complete_and_invoice()
        self.assertEqual(visit.clinic_service_ids.invoice_ids.amount_residual, 70)

    # === MONEY THAT IS OPEN === #

    def test_money_of_the_practice_pays_its_branches_invoices(self):
        other = self._bill(self.south)
        payment = self._receive_at_practice(150)
        payment.with_user(self.biller).with_context(
            allowed_company_ids=self.family.ids
        ).action_clinic_allocate()
        self.assertEqual((self.bill.amount_residual, other.amount_residual), (0, 50))

    def test_money_of_another_practice_pays_nothing(self):
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        self.assertFalse(other._clinic_shares_books(self.north))
        self.assertTrue(self.south._clinic_shares_books(self.north))
        payment = self._receive_at_practice(100)
        payments = payment.search(other._clinic_get_books_domain())
        self.assertNotIn(payment, payments)

    def test_the_dialog_charges_the_practices_card_for_a_branch(self):
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda each: each.payment_provider_id == self.provider
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(
                active_model="account.move",
                active_ids=self.bill.ids,
                allowed_company_ids=self.family.ids,
            )
            .create({"journal_id": journal.id, "payment_method_line_id": line.id})
        )
        self.assertEqual(wizard.payment_token_id, self.card)

    # === BY ITSELF === #

    def test_autopay_charges_the_practices_card_for_the_branch(self):
        self.north.clinic_autopay = True
        self._agree(company=self.north)
        self._run()
        charge = self._get_charges(self.bill)
        self.assertEqual((charge.state, charge.company_id), ("noticed", self.north))
        self._come(charge)
        self.assertEqual(self.sent, [100])
        self.assertEqual(self.bill.payment_state, "paid")
        self.assertEqual(self.bill.matched_payment_ids.company_id, self.north)

    def test_reminders_are_the_branchs(self):
        self.north.write({"clinic_reminders": True, "clinic_reminder_days": "0, 3"})
        self.bill.invoice_date_due = self._get_today()
        reminders = self.env["clinic.reminder"]
        self.assertEqual(list(reminders._get_steps(self.north)), [self.bill])
        self.assertFalse(reminders._get_steps(self.practice))
        self.assertEqual(self.bill._clinic_get_remindable(), self.bill)

    # === WHAT CLIENTS SEE === #

    def test_the_portal_asks_for_each_branch_and_takes_the_practices_card(self):
        self._bill(self.south, 50)
        moves = self.env["account.move"]
        asked = moves._clinic_get_asked(self.client)
        currency = self.practice.currency_id
        self.assertEqual(
            {(one.company, one.currency, one.amount) for one in asked},
            {(self.north, currency, 100), (self.south, currency, 50)},
        )
        providers, cards = self.bill._clinic_get_offer(self.client, 100)
        self.assertIn(self.provider, providers)
        self.assertEqual(cards.sudo(), self.card)

    def test_the_branchs_statement_tells_what_a_card_has_paid(self):
        self._book_card(invoice_ids=[Command.set(self.bill.ids)])
        today = self._get_today()
        (statement,) = self.client._clinic_get_statements(
            self.north, today.replace(month=1, day=1), today.replace(month=12, day=31)
        )[self.client]
        kinds = [(each["kind"], each["amount"]) for each in statement["entries"]]
        self.assertEqual(kinds, [("invoice", 100), ("payment", -100)])
        self.assertIn(self.north, self.client._clinic_get_billing_companies())

    def test_clients_open_the_branchs_invoice(self):
        self.client.company_id = self.practice
        self.assertNotIn(self.north, self.client_user.company_ids)
        self.authenticate("client", "client")
        url = f"/my/invoices/{self.bill.id}"
        self.assertEqual(self._get(url, report_type="html").status_code, 200)
        self.authenticate("other_client", "other_client")
        self.assertEqual(self._get(url, report_type="html").status_code, 303)

    def test_clients_of_the_practice_pay_its_branches(self):
        self.client.company_id = self.practice
        self.authenticate("client", "client")
        link = self.bill._clinic_get_payment_link().sudo()
        by_core = f"/my/invoices/{self.bill.id}"
        for url in ("/my/billing/pay", f"/clinic/pay/{link.token}", by_core):
            with self.subTest(url=url):
                page = self._get(url, invoice_ids=self.bill.id)
                self.assertIn('id="o_payment_form"', page.text)
                self.assertIn(self.card.display_name, page.text)
        tx, error = self._rpc(
            f"/invoice/transaction/{self.bill.id}",
            access_token=None,
            amount=100,
            **self._pay_values(),
        )
        self.assertFalse(error)
        self.assertEqual(tx["amount"], 100)

    def test_old_links_of_core_pay_branches(self):
        self.client.company_id = self.practice
        currency, url = self.bill.currency_id, "/payment/pay"
        values = {"amount": 100.0, "currency_id": currency.id}
        token = generate_access_token(self.client.id, *values.values(), env=self.env)
        values.update(partner_id=self.client.id, access_token=token)
        for login in ("client", None):
            self.authenticate(login, login)
            with self.subTest(login=login):
                page = self._get(url, invoice_id=self.bill.id, **values)
                self.assertIn('id="o_payment_form"', page.text)
                page = self._get(url, company_id=self.north.id, **values)
                self.assertIn('id="o_payment_form"', page.text)

    def test_clients_of_a_branch_pay_no_other(self):
        self.client_user.write(
            {
                "company_ids": [Command.set(self.south.ids)],
                "company_id": self.south.id,
            }
        )
        self.client.company_id = self.south
        self.authenticate("client", "client")
        for url in ("/my/billing/pay", f"/my/invoices/{self.bill.id}"):
            with self.subTest(url=url):
                page = self._get(url, invoice_ids=self.bill.id)
                self.assertEqual(page.status_code, 200)
                self.assertNotIn('id="o_payment_form"', page.text)

    def test_the_desks_page_offers_the_practices_card(self):
        self.authenticate("north_desk", "north_desk")
        page = self._get(f"/clinic/desk/pay/{self.bill.id}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.card.sudo().display_name, page.text)

    # === TAKING BACK === #

    def _void(self, money):
        records = self.bill.with_user(self.manager).with_context(
            allowed_company_ids=self.family.ids
        )
        action = records.action_clinic_void()
        wizards = records.env[action["res_model"]]
        form = Form(wizards.with_context(**action["context"]))
        form.reason = "Wrong client"
        form.money = money
        form.save().action_confirm()

    def test_a_branchs_paid_invoice_is_voided(self):
        payment = self.desk._receive(
            self._get_due(self.bill), self._get_cash_line().id, 100, KEY
        )
        self._void("already_refunded")
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertEqual(payment.clinic_reversal_ids.company_id, self.north)
        self.assertEqual(self.bill.reversal_move_ids.company_id, self.north)

    def test_kept_money_pays_the_branchs_next_invoice(self):
        payment = self._book_card(invoice_ids=[Command.set(self.bill.ids)])
        self._void("keep")
        again = self._bill(self.south, 60)
        self.assertEqual(again.payment_state, "paid")
        self.assertIn(again, payment.reconciled_invoice_ids)

    def test_kept_money_is_allocated_to_the_branchs_next_invoice(self):
        self.family.clinic_use_held_money = False
        payment = self._book_card(invoice_ids=[Command.set(self.bill.ids)])
        self._void("keep")
        again = self._bill(self.south, 60)
        self.assertEqual(again.payment_state, "not_paid")
        payment.action_clinic_allocate()
        self.assertEqual(again.payment_state, "paid")

    def test_a_branchs_payment_is_reversed(self):
        payment = self._book_card(invoice_ids=[Command.set(self.bill.ids)])
        self.assertEqual(payment.company_id, self.north)
        payment._clinic_give_back(40, "Too much")
        self.assertEqual(self.bill.amount_residual, 40)
        self.assertEqual(payment.clinic_reversal_ids.company_id, self.north)

    # === SETTINGS AND PEOPLE === #

    def test_a_branch_may_prefer_the_practices_gateway(self):
        first = self.provider
        second = self.env["payment.provider"].create(
            {"name": "Second", "company_id": self.practice.id}
        )
        for chosen in (first, second):
            self.north.clinic_gateway_id = chosen
            self.assertEqual(self.north._clinic_get_default_gateway(), chosen)
        self.north.clinic_gateway_id = False
        self.practice.clinic_gateway_id = first
        self.assertEqual(self.north._clinic_get_default_gateway(), first)
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        with self.assertRaisesRegex(ValidationError, "gateway of Hill"):
            other.clinic_gateway_id = first

    def test_the_practices_managers_are_told_for_a_branch_without_one(self):
        self.manager.company_ids = [Command.set(self.practice.ids)]
        group = self.env.ref("clinic_invoicing.group_manager")
        self.env.user.group_ids = [Command.unlink(group.id)]
        self.assertIn(self.manager, self.north._clinic_get_managers())
        own = self._create_user(
            "north_manager",
            "clinic_invoicing.group_manager",
            company_id=self.north.id,
            company_ids=[Command.set(self.north.ids)],
        )
        managers = self.north._clinic_get_managers()
        self.assertIn(own, managers)
        self.assertNotIn(self.manager, managers)

import importlib.util
from pathlib import Path

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..payers.common_whose import WhoseCommon

MIGRATION = Path(__file__).parents[2] / "migrations" / "19.0.1.1.0" / "pre-whose.py"


@tagged("post_install", "-at_install")
class TestOwnMoney(WhoseCommon):
    """Money of one person pays nothing of others whom Core takes for the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is kept waits for somebody to allocate it.
        cls.practice.clinic_use_held_money = False

    def _keep(self, bill):
        """Void a paid bill and keep its money as credit."""
        action = bill.with_user(self.manager).action_clinic_void()
        wizards = self.env[action["res_model"]].with_user(self.manager)
        form = Form(wizards.with_context(**action["context"]))
        form.reason = "Wrong service"
        form.money = "keep"
        form.save().action_confirm()

    def _open_register(self, invoices, **values):
        """Return Core's dialog to pay these."""
        return (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(values)
        )

    def _open_card_dialog(self, invoices):
        """Return Core's dialog by the provider, where saved cards are charged."""
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda each: each.payment_provider_id == self.provider
        )
        return self._open_register(
            invoices, journal_id=journal.id, payment_method_line_id=line.id
        )

    def _get_offered(self, invoice):
        """Return the ids of the journal items that Core offers beside an invoice."""
        invoice.invalidate_recordset(["invoice_outstanding_credits_debits_widget"])
        widget = invoice.invoice_outstanding_credits_debits_widget
        return [row["id"] for row in widget["content"]] if widget else []

    # === MONEY THAT IS KEPT === #

    def test_kept_cash_of_an_employee_pays_nothing_of_the_company(self):
        bill = self.bills["employee"]
        payment = self._pay(bill)
        self.assertEqual(payment.partner_id, self.people["employer"])
        self._keep(bill)
        self.assertEqual(payment.clinic_amount_unallocated, 100)
        with self.assertRaisesRegex(UserError, "no open invoice"):
            payment.with_user(self.biller).action_clinic_allocate()
        for name in ("employer", "colleague"):
            self.assertEqual(self.bills[name].amount_residual, 100, name)

    def test_kept_cash_of_an_employee_pays_their_next_invoice(self):
        payment = self._pay(self.bills["employee"])
        self._keep(self.bills["employee"])
        again = self._bill(self.people["employee"], 60)
        payment.with_user(self.biller).action_clinic_allocate()
        self.assertEqual(again.payment_state, "paid")
        self.assertEqual(payment.clinic_amount_unallocated, 40)

    def test_kept_cash_stands_on_the_statement_of_who_paid(self):
        self._pay(self.bills["employee"])
        self._keep(self.bills["employee"])
        closing = {}
        for name in ("employer", "employee"):
            payer = self.people[name]
            period = (self.practice, "2024-01-01", "2099-12-31")
            (statement,) = payer._clinic_get_statements(*period)[payer]
            closing[name] = statement["closing"]
        self.assertEqual(closing, {"employer": 100, "employee": -100})

    def test_kept_cash_of_a_child_pays_nothing_of_the_mother(self):
        payment = self._pay(self.bills["child"])
        self._keep(self.bills["child"])
        with self.assertRaisesRegex(UserError, "no open invoice"):
            payment.with_user(self.biller).action_clinic_allocate()

    def test_money_sent_to_an_address_is_of_who_is_behind_it(self):
        payment = self._pay(self.bills["employee"], 130)
        self.assertEqual(payment.clinic_payer_id, self.people["employee"])
        again = self._bill(self.people["employee"], 30)
        payment.action_clinic_allocate()
        self.assertEqual(again.payment_state, "paid")

    def test_who_pays_for_several_at_once_has_paid(self):
        both = self.bills["employee"] | self.bills["colleague"]
        payment = self._pay(both)
        self.assertEqual(payment.clinic_payer_id, self.people["employer"])
        self.assertEqual(set(both.mapped("payment_state")), {"paid"})

    def test_what_goes_back_goes_to_who_has_paid(self):
        payment = self._pay(self.bills["employee"], 130)
        payment._clinic_give_back(30, "Paid too much")
        outbound = payment.clinic_reversal_ids
        self.assertEqual(outbound.clinic_payer_id, self.people["employee"])

    def test_a_negative_payment_is_no_colleagues(self):
        own = self._pay(self.bills["employee"])
        others = self._pay(self.bills["colleague"]) | self._pay(self.bills["employer"])
        payments = self.env["account.payment"]
        found = payments._clinic_find_reversible(self.people["employee"], 100)
        self.assertEqual(found, own)
        found = payments._clinic_find_reversible(self.people["employer"], 100)
        self.assertEqual(found, others & self.bills["employer"].matched_payment_ids)

    def test_a_payment_is_of_no_strangers(self):
        with self.assertRaisesRegex(ValidationError, "another client"):
            self.env["account.payment"].create(
                {
                    "amount": 10,
                    "partner_id": self.people["employer"].id,
                    "clinic_payer_id": self.people["stranger"].id,
                }
            )

    # === WHAT CORE OFFERS BESIDE AN INVOICE === #

    def test_core_offers_ones_own_credits_alone(self):
        payment = self._pay(self.bills["employee"], 130)
        credit = payment._clinic_get_receivable_lines()
        again = self._bill(self.people["employee"], 60)
        self.assertEqual(self._get_offered(again), credit.ids)
        for name in ("employer", "colleague"):
            self.assertEqual(self._get_offered(self.bills[name]), [], name)
        again.js_assign_outstanding_line(credit.id)
        self.assertEqual(again.amount_residual, 30)

    def test_core_takes_nothing_that_it_does_not_offer(self):
        payment = self._pay(self.bills["employee"], 130)
        credit = payment._clinic_get_receivable_lines()
        for name in ("employer", "colleague"):
            bill = self.bills[name].with_user(self.biller)
            with self.assertRaisesRegex(UserError, "is money of"):
                bill.js_assign_outstanding_line(credit.id)
            self.assertEqual(bill.amount_residual, 100, name)
        self.assertEqual(payment.clinic_amount_unallocated, 30)

    def test_core_offers_what_is_not_the_practices_as_before(self):
        payment = self._pay(self.bills["employee"], 130)
        plain = self._create_invoice_one_line(
            price_unit=10, partner_id=self.people["colleague"], tax_ids=[], post=True
        )
        credit = payment._clinic_get_receivable_lines()
        self.assertEqual(self._get_offered(plain), credit.ids)
        plain.js_assign_outstanding_line(credit.id)
        self.assertEqual(plain.payment_state, "paid")

    # === CORE'S DIALOG === #

    def test_the_dialog_offers_the_card_of_who_is_billed(self):
        companys = self._create_token(partner_id=self.people["employer"].id)
        own = self._create_token(partner_id=self.people["employee"].id)
        wizard = self._open_card_dialog(self.bills["employee"])
        self.assertEqual(wizard.suitable_payment_token_ids, own)
        self.assertEqual(wizard.payment_token_id, own)
        wizard = self._open_card_dialog(self.bills["employer"])
        self.assertEqual(wizard.suitable_payment_token_ids, companys)

    def test_the_dialog_offers_a_childs_card_and_no_mothers(self):
        self._create_token(partner_id=self.people["mother"].id)
        wizard = self._open_card_dialog(self.bills["child"])
        self.assertFalse(wizard.suitable_payment_token_ids)
        own = self._create_token(partner_id=self.people["child"].id)
        wizard = self._open_card_dialog(self.bills["child"])
        self.assertEqual(wizard.payment_token_id, own)

    def test_the_card_is_charged_in_the_name_of_who_is_billed(self):
        own = self._create_token(partner_id=self.people["employee"].id)
        wizard = self._open_card_dialog(self.bills["employee"])
        self.assertEqual(wizard.payment_token_id, own)
        payment = wizard._create_payments()
        tx = payment.sudo().payment_transaction_id
        self.assertEqual(tx.partner_id, self.people["employee"])
        self.assertEqual(payment.clinic_payer_id, self.people["employee"])

    def test_the_dialog_offers_nobodys_card_for_several_people(self):
        self._create_token(partner_id=self.people["employer"].id)
        both = self.bills["employee"] | self.bills["colleague"]
        self.assertFalse(self._open_card_dialog(both).suitable_payment_token_ids)

    def test_the_dialog_offers_a_companys_card_for_its_orders_as_before(self):
        companys = self._create_token(partner_id=self.people["employer"].id)
        plain = self._create_invoice_one_line(
            price_unit=10, partner_id=self.people["colleague"], tax_ids=[], post=True
        )
        self.assertEqual(
            self._open_card_dialog(plain).suitable_payment_token_ids, companys
        )

    # === AN UPGRADE === #

    def test_an_upgrade_says_whose_money_older_payments_are(self):
        tx = self._create_transaction(
            "direct", amount=5, partner_id=self.people["colleague"].id
        )
        payments = self.env["account.payment"]
        online = payments.create(
            {
                "amount": 5,
                "partner_id": self.people["employer"].id,
                "payment_transaction_id": tx.id,
            }
        )
        by_hand = self._pay(self.bills["employee"], 30)
        typed = payments.create({"amount": 7, "partner_id": self.client.id})
        before = by_hand | online | typed
        self.env.flush_all()
        # SQL: as it was before there was such a field.
        self.env.cr.execute("UPDATE account_payment SET clinic_payer_id = NULL")
        spec = importlib.util.spec_from_file_location("migration", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.set_payers(self.env.cr)
        self.env.invalidate_all()
        expected = (self.box, self.people["colleague"], self.client)
        self.assertEqual(
            before.mapped("clinic_payer_id"), self.env["res.partner"].union(*expected)
        )
        owners = [payment.clinic_payer_id for payment in before]
        self.assertEqual(owners, [self.box, self.people["colleague"], self.client])

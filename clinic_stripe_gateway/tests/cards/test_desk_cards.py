from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_invoicing.tests.desk.common_desk import KEY, DeskCommon

from ..common import StripeHttpCommon, Undone
from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestDeskCards(SavedCardsCommon, StripeHttpCommon, DeskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_gateway_id = cls.provider
        cls.visit = cls._create_event(cls.client)

    def setUp(self):
        super().setUp()
        self.invoice = self._bill(50)

    # === HELPERS === #

    def _charge(self, card, amount=50, key=KEY, invoices=None):
        due = self._get_due(invoices or self.invoice)
        tx = self.desk._charge(due, card.id, amount, key)
        self.desk._finish(tx)
        return tx

    def _captured(self):
        """Return what Stripe has of the payments, without those that saved cards."""
        captured = [each["captured"] for each in self.control.ledger()["payments"]]
        return sum(amount for amount in captured if amount != 100)

    def _type_card(self, url=None, **values):
        """Ask for a transaction as the payment form does.

        :return: what it needs to go on, and the error; see :meth:`_rpc`
        """
        url = url or f"/clinic/desk/pay/{self.invoice.id}/{self.invoice.id}/transaction"
        values = {"amount": 50.0, "tokenization_requested": True, **values}
        page, _slash, chosen = url.removesuffix("/transaction").rpartition("/")
        name = "payer_id" if "/deposit/" in page else "invoice_ids"
        params = {name: chosen, "amount": values["amount"]}
        values.setdefault("shown", self._read_shown(page, **params))
        with mute_logger("odoo.http"):
            return self._rpc(url, **self._pay_values(**values))

    # === SAVED CARDS === #

    def test_saved_card_is_charged_with_one_press(self):
        card = self._save_card()
        url = f"/clinic/desk/pay/{self.invoice.id}"
        text, key = self._see(url)
        self.assertIn("4242", text)
        place = self._press(
            f"{url}/card",
            key,
            choice=card.id,
            amount="50.0",
            invoice_ids=self.invoice.id,
        )
        text, _key = self._see(place)
        self.assertIn("Clara Client has paid", text)
        self.assertEqual(self.invoice.amount_residual, 0)
        tx = self.invoice.transaction_ids
        self.assertEqual((tx.operation, tx.partner_id), ("offline", self.client))
        self.assertEqual(self._captured(), 5000)

    def test_second_press_charges_nothing(self):
        card = self._save_card()
        first = self._charge(card, 20)
        self.assertEqual(self._charge(card, 20), first)
        self.assertEqual(self.invoice.amount_residual, 30)
        self.assertEqual(self._captured(), 2000)

    def test_part_of_several_invoices_is_charged_as_shown(self):
        card = self._save_card()
        second = self._bill(80)
        both = self.invoice | second
        shown = both._clinic_get_allocation(100)
        self._charge(card, 100, invoices=both)
        for invoice, part in shown:
            paid = invoice.amount_total - invoice.amount_residual
            self.assertAlmostEqual(paid, part)
        self.assertEqual(self._captured(), 10000)

    def test_declined_card_is_told_with_the_reason(self):
        card = self._save_card()
        # Spent meanwhile.
        card.stripe_payment_method = self.dashboard.payment_methods.attach(
            "pm_card_chargeCustomerFail", params={"customer": card.provider_ref}
        ).id
        tx = self._charge(card)
        outcome = tx._clinic_get_desk_outcome()
        self.assertEqual(outcome["state"], "declined")
        self.assertIn("declined", outcome["reason"])
        self.assertEqual(self.invoice.amount_residual, 50)
        text, _key = self._see(f"/clinic/desk/result/{KEY}")
        self.assertIn("Nothing was charged", text)
        self.assertIn("Choose another way to pay", text)

    def test_lost_answer_is_clearing_and_not_charged_again(self):
        card = self._save_card()
        self.control.fault(
            "error_after", method="POST", path="/v1/payment_intents", count=9
        )
        tx = self._charge(card)
        self.control.clear_faults()
        self.assertEqual(tx._clinic_get_desk_outcome()["state"], "clearing")
        with self.assertRaisesRegex(UserError, "on its way"):
            self._charge(card, key="1" * 32)

    def test_cards_of_others_are_neither_offered_nor_charged(self):
        foreign = self._save_card(self.other_client)
        own = self._save_card(self.front_desk.partner_id)
        due = self._get_due(self.invoice)
        self.assertFalse(self.desk._get_cards(due, 50))
        for card in (foreign, own):
            with self.assertRaises(ValidationError):
                self._charge(card)
        self.assertEqual(self._captured(), 0)

    def test_cards_of_who_is_behind_an_address_are_offered(self):
        card = self._save_card()
        self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        invoice = self._invoice(self._create_service())
        self.assertEqual(invoice.partner_id.name, "Letter box")
        self.assertEqual(self.desk._get_cards(self._get_due(invoice), 100), card)
        self._charge(card, 100, invoices=invoice)
        self.assertEqual(invoice.amount_residual, 0)

    def test_card_that_the_client_is_paying_with_is_not_charged_as_well(self):
        card = self._save_card()
        # The client has paid in the portal; Odoo has not heard of it yet.
        self._pay_by_card(self.invoice)
        with self.assertRaisesRegex(UserError, "being processed"):
            self._charge(card)
        self.assertEqual(self._captured(), 5000)

    def test_form_that_the_client_has_open_is_closed(self):
        card = self._save_card()
        tx, secret = self._start(self.invoice)
        self._charge(card)
        self.assertEqual(tx.state, "cancel")
        self.assertIn("error", self.browser.confirm(secret))
        self.assertEqual(self._captured(), 5000)

    # === CARDS THAT ARE TYPED === #

    def test_card_is_typed_for_the_client_and_not_saved(self):
        self.practice.clinic_desk_card_entry = True
        text, _key = self._see(f"/clinic/desk/pay/{self.invoice.id}")
        self.assertIn("PCI", text)
        answer, _error = self._type_card()
        tx = self.invoice.transaction_ids
        self.assertEqual(tx.partner_id, self.client)
        self.assertFalse(tx.tokenize)
        self.assertEqual(tx.landing_route, f"/clinic/desk/result/{tx.clinic_desk_key}")
        self.browser.confirm(answer["client_secret"])
        self._settle(tx)
        self.assertEqual(self.invoice.amount_residual, 0)
        wallets = (self.client | self.front_desk.partner_id).ids
        tokens = self.env["payment.token"].sudo()
        self.assertFalse(tokens.search([("partner_id", "in", wallets)]))

    def test_desk_follows_its_payment_on_a_page_without_the_employee(self):
        self.practice.clinic_desk_card_entry = True
        self._type_card()
        key = self.invoice.transaction_ids.clinic_desk_key
        response = self._get("/payment/status")
        self.assertEqual(response.status_code, 303)
        self.assertIn(f"/clinic/desk/result/{key}", response.headers["Location"])
        text, _key = self._see(f"/clinic/desk/result/{key}")
        self.assertIn("not finished", text)
        self.assertNotIn("Fran Desk", text)

    def test_no_card_is_typed_where_the_practice_does_not_want_it(self):
        text, _key = self._see(f"/clinic/desk/pay/{self.invoice.id}")
        self.assertNotIn("PCI", text)
        _answer, error = self._type_card()
        self.assertTrue(error)
        self.assertFalse(self.invoice.transaction_ids)

    def test_altered_requests_for_typed_cards_are_refused(self):
        self.practice.clinic_desk_card_entry = True
        card = self._save_card()
        for values in (
            {"amount": 50.01},
            {"amount": "50"},
            {"amount": float("nan")},
            {"amount": 0},
            {"amount": None},
            {"provider_id": 0},
            {"flow": "token", "token_id": card.id},
            {"partner_id": self.other_client.id},
        ):
            with self.subTest(values=values):
                _answer, error = self._type_card(**values)
                self.assertTrue(error)
                self.assertFalse(self.invoice.transaction_ids)

    # === DEPOSITS === #

    def test_deposit_is_charged_to_a_saved_card_and_taken_off_the_invoice(self):
        card = self._save_card()
        due = self.desk._find_deposit(self.visit.id)
        tx = self.desk._charge(due, card.id, 30, KEY)
        self.desk._finish(tx)
        self.assertIn("30.00", self.visit.clinic_deposit_label)
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 30)
        self.visit.with_user(self.front_desk).action_clinic_complete_and_invoice()
        self.assertEqual(self.visit.clinic_service_ids.invoice_ids.amount_residual, 70)

    def _charge_deposit(self, card, amount=30, key=KEY):
        due = self.desk._find_deposit(self.visit.id)
        return self.desk._charge(due, card.id, amount, key)

    def _type_deposit(self, amount=30.0):
        """Open the form of a deposit; return its transaction and its secret."""
        self.practice.clinic_desk_card_entry = True
        before = self.visit.clinic_deposit_transaction_ids
        url = f"/clinic/desk/deposit/{self.visit.id}/{self.client.id}/transaction"
        answer, _error = self._type_card(url, amount=amount)
        tx = self.visit.clinic_deposit_transaction_ids - before
        return tx, answer["client_secret"]

    def test_deposit_that_arrives_after_the_invoice_is_taken_off_it(self):
        tx, secret = self._type_deposit()
        self.assertEqual((tx.amount, tx.partner_id), (30, self.client))
        # Odoo has not heard of it yet.
        self.browser.confirm(secret)
        invoice = self._bill_visit()
        self.assertEqual(invoice.amount_residual, 100)
        with self.assertRaisesRegex(UserError, "being processed"):
            self._charge(self._save_card(), 100, invoices=invoice)
        self._settle(tx)
        self.assertEqual(invoice.amount_residual, 70)
        self.assertEqual(self.invoice.amount_residual, 50)
        self._charge(self._save_card(), 70, key="1" * 32, invoices=invoice)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._captured(), 10000)

    def test_deposit_whose_answer_is_lost_is_taken_once(self):
        card = self._save_card()
        self.control.fault(
            "error_after", method="POST", path="/v1/payment_intents", count=9
        )
        tx = self._charge_deposit(card)
        self.control.clear_faults()
        self.assertEqual(tx.state, "pending")
        text, _key = self._see(f"/clinic/desk/deposit/{self.visit.id}")
        self.assertIn("is on its way", text)
        self.assertNotIn("4242", text)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._charge_deposit(card, key="1" * 32)
        invoice = self._bill_visit()
        with self.assertRaisesRegex(UserError, "on its way"):
            self._charge(card, 100, key="2" * 32, invoices=invoice)
        self.assertTrue(invoice.clinic_is_clearing)
        self.assertEqual(self._captured(), 3000)

    def test_deposit_form_that_is_open_is_closed_by_the_next(self):
        card = self._save_card()
        declined, tried = self._type_deposit()
        self.browser.confirm(tried, "visa_chargeDeclined")
        self._settle(declined)
        self.assertEqual(declined.state, "error")
        tx, secret = self._type_deposit()
        self.assertIn("error", self.browser.confirm(tried))
        self._charge_deposit(card)
        self.assertEqual(tx.state, "cancel")
        self.assertIn("error", self.browser.confirm(secret))
        self.assertEqual(self._captured(), 3000)

    def test_deposit_that_is_being_paid_is_not_charged_as_well(self):
        card = self._save_card()
        _tx, secret = self._type_deposit()
        self.browser.confirm(secret)
        with self.assertRaisesRegex(UserError, "being processed"):
            self._charge_deposit(card)
        self.assertEqual(self._captured(), 3000)

    def test_deposit_form_is_closed_when_the_visit_is_invoiced(self):
        tx, secret = self._type_deposit()
        invoice = self._bill_visit()
        self.assertEqual(tx.state, "cancel")
        self.assertIn("error", self.browser.confirm(secret))
        self.assertFalse(invoice._clinic_is_clearing())
        self.assertFalse(invoice.clinic_is_being_paid)
        self._charge(self._save_card(), 100, invoices=invoice)
        self.assertEqual(self._captured(), 10000)

    def test_altered_requests_for_typed_deposits_are_refused(self):
        self.practice.clinic_desk_card_entry = True
        url = f"/clinic/desk/deposit/{self.visit.id}/{self.client.id}/transaction"
        for values in (
            {"flow": ["direct"]},
            {"flow": {}},
            {"payment_method_id": "1"},
            {"payment_method_id": self.env.ref("payment.payment_method_visa").id},
            {"amount": -30.0},
        ):
            with self.subTest(values=values):
                values = {"amount": 30.0, **values}
                _answer, error = self._type_card(url, **values)
                self.assertIn("odoo.exceptions.ValidationError", error)
                self.assertFalse(self.visit.clinic_deposit_transaction_ids)

    def test_deposit_that_odoo_forgot_is_found_with_its_visit(self):
        card = self._save_card()
        self.env.flush_all()
        with self.assertRaises(Undone), self.env.cr.savepoint():
            self._charge_deposit(card)
            raise Undone
        self.env.invalidate_all()
        self._deliver("payment_intent.succeeded")
        tx = self.visit.clinic_deposit_transaction_ids
        self.assertRecordValues(
            tx,
            [{"state": "done", "clinic_stripe_is_found": True, "clinic_desk_key": KEY}],
        )
        self.assertEqual(self._charge_deposit(card), tx)
        self.visit.with_user(self.front_desk).action_clinic_complete_and_invoice()
        self.assertEqual(self.visit.clinic_service_ids.invoice_ids.amount_residual, 70)
        self.assertEqual(self._captured(), 3000)

    def test_deposit_whose_visit_was_called_off_is_not_sent_again(self):
        card = self._save_card()
        self.control.fault("refuse", method="POST", path="/v1/payment_intents", count=9)
        tx = self._charge_deposit(card)
        self.assertEqual(tx.state, "pending")
        self.visit.with_user(self.front_desk)._clinic_close("cancelled", self.client)
        self.control.clear_faults()
        tx.sudo().clinic_stripe_ask_at = "2020-01-01"
        self._run_job("clinic_stripe_gateway.ir_cron_ask_unanswered")
        self.assertEqual((tx.state, self._captured()), ("error", 0))

    def test_deposit_that_was_paid_otherwise_is_not_sent_again(self):
        card = self._save_card()
        self.control.fault("refuse", method="POST", path="/v1/payment_intents", count=9)
        tx = self._charge_deposit(card)
        due = self.desk._find_deposit(self.visit.id)
        # As somebody who has taken cash before the outcome is known.
        self.desk._book_deposit(due, self.desk._get_method_lines(due)[:1], 30)
        self.control.clear_faults()
        tx.sudo().clinic_stripe_ask_at = "2020-01-01"
        self._run_job("clinic_stripe_gateway.ir_cron_ask_unanswered")
        self.assertEqual((tx.state, self._captured()), ("error", 0))

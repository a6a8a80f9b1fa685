from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from ...rules.askers import REMINDER, UNANSWERED
from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestPayable(OnlineCommon):
    """Only what is owed can be paid online; anything else changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.practice.currency_id
        cls.euro = cls.setup_other_currency("EUR")
        cls.bill = cls._invoice(cls._create_service())
        cls.second_bill = cls._invoice(cls._create_service(price_unit=40))
        cls.env.flush_all()

    def test_a_part_pays_what_is_due_first_as_the_preview_said(self):
        self.bill.line_ids.filtered("date_maturity").date_maturity = "2099-01-01"
        bills = self.bill | self.second_bill
        preview = bills._clinic_get_allocation(60)
        self.assertEqual(preview, [(self.second_bill, 40), (self.bill, 20)])
        self._create_attempt("done", bills, amount=60)._post_process()
        self.assertEqual(self.second_bill.amount_residual, 0)
        self.assertEqual(self.bill.amount_residual, 80)

    def test_a_part_under_the_minimum_is_refused_unless_less_is_owed(self):
        self.practice.clinic_minimum_part = 50
        with self.assertRaises(ValidationError):
            self.bill._clinic_check_part(49.99)
        self.bill._clinic_check_part(50)
        self.second_bill._clinic_check_part(40)

    def test_clients_are_not_asked_for_what_an_insurer_has_to_answer(self):
        service = self._create_service(rate=self.insurer_rate)
        service.share_ids = [
            Command.create({"payer_type": "patient", "fixed_amount": 30})
        ]
        bill = self._invoice(service)
        self.assertTrue(bill._clinic_has_reason(UNANSWERED))
        self.assertEqual(
            (bill | self.bill)._clinic_filter_for(REMINDER), self.bill, "the insurer's"
        )

    def _start(self, invoices, amount, currency=None):
        currency = self.dollar if currency is None else currency
        invoices.sudo()._clinic_start_online_payment(amount, currency)

    def _create_attempt(self, state, invoices=None, **values):
        invoices = invoices or self.bill
        reference = f"attempt-{state}-{len(invoices.transaction_ids)}"
        return self._attempt(invoices, state=state, reference=reference, **values)

    def _let_provider_be_real(self):
        """Give the provider a code as providers that process payments have.

        Raw SQL: no such provider may be installed where these tests run, and
        the dummy provider's code is that of providers that process nothing.
        """
        self.env.flush_all()
        self.cr.execute(
            "UPDATE payment_provider SET code = 'elsewhere' WHERE id = %s",
            [self.provider.id],
        )
        self.env.invalidate_all()

    def assertRefused(self, invoices, amount, reason, currency=None):
        """A clear error, nothing created, nothing changed."""

        def snapshot():
            self.env.flush_all()
            self.env.invalidate_all()
            facts = invoices.read(
                [
                    "amount_residual",
                    "clinic_payment_attempts",
                    "payment_state",
                    "state",
                    "transaction_ids",
                    "write_date",
                ]
            )
            transactions = self.env["payment.transaction"].sudo().search_count([])
            return facts, transactions, self.env["account.payment"].search_count([])

        before = snapshot()
        with self.assertRaisesRegex(ValidationError, reason):
            self._start(invoices, amount, currency)
        self.assertEqual(snapshot(), before)

    # === AMOUNTS === #

    def test_what_is_owed_can_be_paid_in_whole_or_in_part(self):
        for amount in (0.01, 40, 99.99, 100):
            self._start(self.bill, amount)
        self.assertEqual(self.bill.clinic_payment_attempts, 4)

    def test_several_invoices_can_be_paid_together(self):
        both = self.bill | self.second_bill
        self._start(both, 140)
        self.assertEqual(both.mapped("clinic_payment_attempts"), [1, 1])
        self.assertRefused(both, 140.01, "Only .*140.00 is still owed")

    def test_zero_is_refused(self):
        for amount in (0, 0.0, -0.0, 0.004, None, False):
            with self.subTest(amount=amount):
                self.assertRefused(self.bill, amount, "more than zero")

    def test_negative_amount_is_refused(self):
        for amount in (-0.01, -5, -100):
            with self.subTest(amount=amount):
                self.assertRefused(self.bill, amount, "more than zero")

    def test_more_than_owed_is_refused(self):
        for amount in (100.01, 101, 5000, 1e15):
            with self.subTest(amount=amount):
                self.assertRefused(self.bill, amount, "Only .*100.00 is still owed")

    def test_what_is_no_amount_is_refused(self):
        for amount in (
            float("nan"),
            float("inf"),
            float("-inf"),
            "100",
            "nan",
            [100],
            {"amount": 100},
            True,
        ):
            with self.subTest(amount=amount):
                self.assertRefused(self.bill, amount, "not an amount")

    def test_only_the_rest_of_a_partly_paid_invoice_can_be_paid(self):
        self._pay(self.bill, 60)
        self.assertRefused(self.bill, 100, "Only .*40.00 is still owed")
        self.assertRefused(self.bill, 40.01, "Only .*40.00 is still owed")
        self._start(self.bill, 40)

    def test_another_currency_is_refused(self):
        self.assertRefused(self.bill, 100, "own currency", self.euro)
        self.assertRefused(self.bill, 100, "own currency", self.env["res.currency"])

    # === INVOICES === #

    def test_draft_invoice_is_refused(self):
        self.bill.button_draft()
        self.assertRefused(self.bill, 100, "cannot be paid")

    def test_cancelled_invoice_is_refused(self):
        self.bill.button_draft()
        self.bill.button_cancel()
        self.assertRefused(self.bill, 100, "cannot be paid")

    def test_paid_invoice_is_refused(self):
        self._pay(self.bill)
        self.assertRefused(self.bill, 100, "already been paid")
        self.assertRefused(self.bill, 0.01, "already been paid")

    def test_what_was_paid_and_waits_for_the_bank_statement_is_refused(self):
        # As Odoo's Accounting app does.
        self.patch(
            type(self.bill), "_get_invoice_in_payment_state", lambda _move: "in_payment"
        )
        method = self.company_data[
            "default_journal_bank"
        ].inbound_payment_method_line_ids[:1]
        method.payment_account_id = False
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        ).create({"payment_method_line_id": method.id})._create_payments()
        self.assertEqual(self.bill.payment_state, "in_payment")
        self.assertEqual(self.bill.amount_residual, 100)
        self.assertRefused(self.bill, 100, "already been paid")

    def test_reversed_invoice_is_refused(self):
        self._credit(self.bill)
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertRefused(self.bill, 100, "has been cancelled")

    def test_credit_note_is_refused(self):
        credit_note = self.init_invoice(
            "out_refund", self.client, amounts=[100], taxes=[], post=True
        )
        self.assertEqual(credit_note.amount_residual, 100)
        self.assertRefused(credit_note, 100, "cannot be paid")

    def test_blocked_invoice_is_refused(self):
        self.bill.action_toggle_block_payment()
        self.assertEqual(self.bill.payment_state, "blocked")
        self.assertRefused(self.bill, 100, "is on hold")

    def test_one_invoice_that_cannot_be_paid_stops_the_whole_payment(self):
        self._pay(self.second_bill)
        self.assertRefused(self.bill | self.second_bill, 100, "already been paid")
        self.assertFalse(self.bill.clinic_payment_attempts)

    # === ATTEMPTS === #

    def test_money_on_its_way_is_not_asked_for_again(self):
        self._let_provider_be_real()
        for state in ("pending", "authorized"):
            with self.subTest(state=state), self.cr.savepoint() as savepoint:
                attempt = self._create_attempt("pending")
                # Raw SQL: the dummy provider itself does not authorise.
                self.env.flush_all()
                self.cr.execute(
                    "UPDATE payment_transaction SET state = %s WHERE id = %s",
                    [state, attempt.id],
                )
                self.env.invalidate_all()
                self.assertRefused(self.bill, 100, "on its way")
                self.assertRefused(self.bill | self.second_bill, 140, "on its way")
                self._start(self.second_bill, 40)
                self.assertIn("on its way", self.bill._clinic_get_payment_notice())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_staff_are_warned_of_a_payment_that_is_clearing(self):
        self._let_provider_be_real()
        self._create_attempt("pending")
        bills = (self.bill | self.second_bill).with_user(self.biller)
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({})
        )
        self.assertEqual(wizard.clinic_clearing_names, self.bill.name)

    def test_staff_see_that_a_payment_is_clearing(self):
        bill = self.bill.with_user(self.biller)
        self.assertFalse(bill.clinic_is_clearing)
        self._let_provider_be_real()
        attempt = self._create_attempt("pending")
        self.assertTrue(bill.clinic_is_clearing)
        self.assertIn("clearing", bill._clinic_get_payment_notice())
        attempt._set_error("The bank has refused it.")
        self.assertFalse(bill.clinic_is_clearing)

    def test_promise_of_a_wire_transfer_does_not_stop_a_payment(self):
        self._create_attempt("pending")
        self._start(self.bill, 100)
        self.assertFalse(self.bill._clinic_is_clearing())

    def test_attempt_that_failed_or_was_left_can_be_repeated(self):
        self._let_provider_be_real()
        for state in ("draft", "error", "cancel"):
            self._create_attempt(state)
            self._start(self.bill, 100)
        self.assertEqual(self.bill.clinic_payment_attempts, 3)

    def test_nothing_is_paid_online_when_that_is_switched_off(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "False"
        )
        with self.assertRaises(ValidationError):
            self._start(self.bill, 100)
        self.assertFalse(self.bill.clinic_payment_attempts)

    def test_client_is_told_what_became_of_the_last_attempt(self):
        self.assertFalse(self.bill._clinic_get_payment_notice())
        self._create_attempt("draft")
        notice = self.bill._clinic_get_payment_notice()
        # Nobody closes attempts at this provider.
        self.assertIn("nobody has told us how it ended", notice)
        self.assertNotIn("not be charged twice", notice)
        self._create_attempt("error", state_message="<p>Your card was declined.</p>")
        notice = self.bill._clinic_get_payment_notice()
        self.assertIn("did not go through", notice)
        self.assertIn("Your card was declined.", notice)
        self.assertNotIn("<p>", notice)
        self._create_attempt("cancel")
        self.assertFalse(self.bill._clinic_get_payment_notice())

    # === CHOICE === #

    def test_nothing_chosen_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "nothing to pay"):
            self.env["account.move"]._clinic_check_chosen()

    def test_several_currencies_are_not_paid_together(self):
        foreign = self.init_invoice(
            "out_invoice",
            self.client,
            amounts=[10],
            currency=self.euro,
            post=True,
        )
        with self.assertRaisesRegex(ValidationError, "one by one"):
            (self.bill | foreign)._clinic_check_chosen()
        self.assertRefused(self.bill | foreign, 100, "own currency")
        chosen = Domain("id", "in", (self.bill | foreign).ids)
        self.assertCountEqual(
            [asked[:3] for asked in self.bill._clinic_get_asked(self.client, chosen)],
            [
                (self.practice, self.dollar, 100),
                (self.practice, self.euro, foreign.amount_residual),
            ],
        )

    def test_error_is_one_that_the_client_can_read(self):
        with self.assertRaises(UserError) as error:
            self._start(self.bill, 500)
        self.assertEqual(
            error.exception.args[0],
            f"Only {self.dollar.format(100)} is still owed. Please reload the page.",
        )

from contextlib import contextmanager, suppress

from lxml import etree

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_online import OnlineCommon
from .common_doors import CLOSED_BY_ODOO, DOORS, is_booked


@tagged("post_install", "-at_install")
class TestBookedPayments(OnlineCommon):
    """Only the undo dialogs take out of the books what a provider has moved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first, second, third = cls._create_services(3)
        cls.bill = cls._invoice(first)
        cls.cash_bill = cls._invoice(second)
        cls.bank_bill = cls._invoice(third)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self._go_online(self.provider)
        self._let_provider_refund()
        self.paid = self._book_attempt(self._attempt(self.bill, reference="online"))
        self.by_hand = self._pay(self.cash_bill)

    def _let_provider_refund(self):
        def compute_support(providers):
            original(providers)
            ours = providers.filtered(lambda each: each.code == "clinic_test")
            ours.support_refund = "partial"

        providers = type(self.provider)
        original = providers._compute_feature_support_fields
        self.patch(providers, "_compute_feature_support_fields", compute_support)
        self.patch(
            type(self.env["payment.transaction"]),
            "_send_refund_request",
            lambda refund: refund._update_state(("draft",), "done", ""),
        )
        self.provider.invalidate_recordset(["support_refund"])
        self.payment_method.support_refund = "partial"

    def _refund(self, payment, amount):
        """Give back with the dialog, as a manager."""
        wizard = self.env["clinic.payment.reversal"].with_user(self.manager)
        values = {"payment_id": payment.id, "mode": "refund", "reason": "Too much"}
        wizard.create({**values, "amount": amount}).action_confirm()
        return payment.clinic_reversal_ids

    def _match_with_bank(self, payment):
        """Match the payment with a line of a bank statement; return that line."""
        liquidity, _receivable, _others = payment._seek_for_lines()
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": payment.journal_id.id,
                "date": "2024-04-05",
                "payment_ref": "Payout",
                "amount": payment.amount,
            }
        )
        _bank, suspense, _others = line._seek_for_lines()
        # Context: as Odoo's own matching does.
        line.move_id.with_context(
            force_delete=True, skip_readonly_check=True
        ).line_ids = [
            Command.update(suspense.id, {"account_id": liquidity.account_id.id})
        ]
        (suspense | liquidity).reconcile()
        self.assertTrue(payment.is_matched)
        return line

    def _sum_owed(self):
        bills = self.bill | self.cash_bill
        return bills.mapped("amount_residual")

    @contextmanager
    def _for_nothing(self):
        """Undo all that is done in here."""
        with suppress(ZeroDivisionError), self.env.cr.savepoint():
            yield
            raise ZeroDivisionError
        self.env.invalidate_all()

    def assertShut(self, payments, user=None, match="Reverse Payment"):
        """No door takes these payments out of the books."""
        owed = self._sum_owed()
        for name, door in DOORS.items():
            with (
                self.subTest(door=name),
                self.assertRaisesRegex(UserError, match),
                self.env.cr.savepoint(),
            ):
                door(payments.with_user(user or self.biller))
            for payment in payments:
                self.assertTrue(is_booked(payment), name)
            self.assertEqual(self._sum_owed(), owed, name)

    def assertOpen(self, payment):
        """Each door takes this payment out of the books, as Odoo has it."""
        # Billers do not change bank statements.
        user = self.env.user if payment.is_matched else self.biller
        for name in DOORS.keys() - CLOSED_BY_ODOO:
            with self.subTest(door=name), self._for_nothing():
                DOORS[name](payment.with_user(user))
                self.assertFalse(is_booked(payment), name)

    # === THE TABLE === #

    def test_what_a_provider_has_charged_stays(self):
        for user in (self.biller, self.manager):
            self.assertShut(self.paid, user)
        self.assertEqual(self.bill.amount_residual, 0)

    def test_it_stays_for_the_superuser_as_well(self):
        self.assertShut(self.paid.sudo(), self.env.ref("base.user_root"))

    def test_what_was_refunded_in_part_stays(self):
        self._refund(self.paid, 30)
        self.assertShut(self.paid)
        self.assertEqual(self.bill.amount_residual, 30)

    def test_what_was_refunded_stays(self):
        self._refund(self.paid, 100)
        self.assertShut(self.paid)

    def test_the_refund_stays(self):
        refund = self._refund(self.paid, 30)
        self.assertShut(refund)
        self.assertEqual(self.bill.amount_residual, 30)

    def test_what_is_on_a_bank_statement_stays(self):
        self._match_with_bank(self.paid)
        self.assertShut(self.paid)

    def test_what_pays_nothing_stays(self):
        self.paid.move_id.line_ids.remove_move_reconcile()
        self.assertShut(self.paid)

    def test_one_among_others_keeps_all(self):
        for name in ("reset", "cancel", "delete", "entry: reset", "entry: reverse"):
            with self.subTest(door=name), self.assertRaises(UserError):
                DOORS[name]((self.by_hand | self.paid).with_user(self.biller))
            for payment in self.by_hand | self.paid:
                self.assertTrue(is_booked(payment))

    def test_what_was_typed_by_hand_is_free(self):
        self.assertOpen(self.by_hand)

    def test_what_was_typed_by_hand_is_free_on_a_bank_statement(self):
        self._match_with_bank(self.by_hand)
        self.assertOpen(self.by_hand)

    def test_wire_transfers_are_confirmed_and_undone_by_people(self):
        self.paid.payment_transaction_id.provider_id.code = "none"
        self.env.invalidate_all()
        DOORS["reset"](self.paid.with_user(self.biller))
        self.assertFalse(is_booked(self.paid))

    def test_what_the_provider_has_cancelled_is_free(self):
        for state in ("cancel", "error"):
            with self.subTest(state), self._for_nothing():
                self.paid.payment_transaction_id.state = state
                self.paid.with_user(self.biller).action_draft()
                self.assertFalse(is_booked(self.paid))

    def test_what_is_still_being_charged_is_called_off(self):
        tx = self._attempt(self.bank_bill, reference="asked")
        tx.state = "pending"
        # With lines of its own, its entry is made before anything is charged.
        payment = self.by_hand.copy(
            {"payment_transaction_id": tx.id, "write_off_line_vals": []}
        )
        self.assertEqual(
            (payment.state, payment.move_id.state), ("in_process", "draft")
        )
        payment.with_user(self.biller).action_cancel()
        self.assertEqual(payment.state, "canceled")

    # === NO WAY AROUND === #

    def test_no_context_of_a_request_opens_the_doors(self):
        for value in (True, 1, "object", {}, [1]):
            payment = self.paid.with_user(self.biller)
            with self.assertRaises(UserError):
                payment.with_context(clinic_undoing=value).action_draft()

    def test_nobody_says_in_its_providers_place_that_it_failed(self):
        tx = self.paid.payment_transaction_id.with_user(self.biller)
        offline = self.env["payment.provider"].create({"name": "Elsewhere"})
        for values in (
            {"state": "cancel"},
            {"state": "error"},
            {"provider_id": offline.id},
            {"payment_id": False},
            {"operation": "refund"},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "has the mon"):
                tx.write(values)

    def test_what_changes_nothing_is_let_through(self):
        payment = self.paid.with_user(self.biller)
        payment.write({"memo": "Seen", "amount": 100.0, "move_id": payment.move_id.id})
        payment.move_id.write({"ref": "Seen", "state": "posted"})
        self.assertEqual(payment.memo, "Seen")

    # === WHAT STAYS FREE === #

    def test_a_bank_line_is_unmatched_as_ever(self):
        for payment in self.paid | self.by_hand:
            line = self._match_with_bank(payment)
            line.action_undo_reconciliation()
            self.assertFalse(payment.is_matched)
            self.assertTrue(is_booked(payment))

    def test_it_is_taken_off_its_invoice_and_is_held_for_the_client(self):
        lines = self.paid._clinic_get_receivable_lines().with_user(self.biller)
        lines.remove_move_reconcile()
        self.assertEqual(self.bill.amount_residual, 100)
        self.assertEqual(self.paid.clinic_amount_unallocated, 100)
        self.assertTrue(is_booked(self.paid))

    def test_the_dialogs_undo_it(self):
        self._refund(self.paid, 100)
        self.assertEqual(self.bill.amount_residual, 100)
        second = self._book_attempt(self._attempt(self.bill, reference="again"))
        self.bill.with_user(self.manager)._clinic_void("Wrong client")
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertEqual(second.clinic_reversal_ids.amount, 100)

    def test_odoo_cancels_what_its_provider_has_cancelled(self):
        tx = self.paid.payment_transaction_id
        tx.state = "cancel"
        tx._post_process()
        self.assertEqual(self.paid.state, "canceled")

    # === BUTTONS === #

    def test_its_buttons_are_not_offered(self):
        for payment, is_free in ((self.paid, False), (self.by_hand, True)):
            mine = payment.with_user(self.biller)
            self.assertEqual(mine.clinic_stays_booked, not is_free)
            self.assertEqual(mine.move_id.clinic_stays_booked, not is_free)
            self.assertEqual(mine.move_id.show_reset_to_draft_button, is_free)

    def test_the_forms_hide_what_would_be_refused(self):
        reverse = self.env.ref("account.action_view_account_move_reversal")
        for model, names in (
            (
                "account.payment",
                ("action_draft", "action_reject", "action_cancel")
                + ("button_request_cancel",),
            ),
            ("account.move", (str(reverse.id), "button_request_cancel")),
        ):
            view = self.env[model].with_user(self.biller).get_view(view_type="form")
            form = etree.fromstring(view["arch"])
            for name in names:
                buttons = form.xpath(f"//header/button[@name='{name}']")
                self.assertTrue(buttons, name)
                for button in buttons:
                    self.assertIn("clinic_stays_booked", button.get("invisible"), name)

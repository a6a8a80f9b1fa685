from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common_programs import ProgramsCommon


@tagged("post_install", "-at_install")
class TestCancelledRegistrations(ProgramsCommon, AccountPaymentCommon):
    """What becomes of place and money when a client or the practice cancels."""

    # === CANCELLING === #

    def test_cancelling_in_time_gives_place_and_money_back(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        self.assertRegex(self._read_terms(registration), r"\$\s90.00 is given back")
        self._cancel_online(registration)
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(payment._clinic_get_given_back(), 90)
        self.assertEqual(registration.invoice_id.payment_state, "reversed")
        self.assertEqual(registration.service_id.state, "cancelled")
        self.assertEqual(registration.service_id.amount_due, 0)

    def test_cancelling_late_gives_the_place_back_and_no_money(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        self._move_program(days=3)
        self._promise(registration, days=-4)
        self.assertRegex(self._read_terms(registration), "too late for a refund")
        self._cancel_online(registration)
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(payment._clinic_get_given_back(), 0)
        self.assertEqual(registration.invoice_id.amount_residual, 0)
        self.assertEqual(registration.service_id.state, "paid")

    def _pay_and_write_off(self, bill, amount):
        """Let a payment close the bill with less than is owed."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create(
            {
                "amount": amount,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.company_data["default_account_expense"].id,
            }
        )._create_payments()

    def test_only_money_is_given_back_or_kept(self):
        registration = self._register_online()
        self._pay_and_write_off(registration.invoice_id, 80)
        self.assertEqual(registration.invoice_id.amount_residual, 0)
        self.assertRegex(self._read_terms(registration), r"\$\s80.00 is given back")
        self._move_program(days=3)
        self._promise(registration, days=-4)
        self.assertRegex(self._read_terms(registration), r"\$\s80.00 is not given back")

    def test_a_bill_that_was_let_off_is_neither_paid_nor_owed(self):
        registration = self._register()
        bill = registration.invoice_id
        line = bill.line_ids.filtered(lambda one: one.display_type == "payment_term")
        let_off = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, **values})
                    for account, values in (
                        (line.account_id, {"credit": 90, "partner_id": self.client.id}),
                        (self.company_data["default_account_expense"], {"debit": 90}),
                    )
                ]
            }
        )
        let_off.action_post()
        (line | let_off.line_ids.filtered("credit")).reconcile()
        self.assertEqual(bill.amount_residual, 0)
        for days in (30, 1):
            self._move_program(days=days)
            self._promise(registration, days=days - 7)
            self.assertIn("Nothing has been paid", self._read_terms(registration))

    def test_a_program_that_is_put_earlier_takes_no_promise_back(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        self._move_program(days=3)
        self._cancel_online(registration)
        self.assertEqual(payment._clinic_get_given_back(), 90)

    def test_a_reservation_that_is_not_paid_is_cancelled_at_any_time(self):
        self._move_program(days=1)
        registration = self._register_online()
        self.assertIn("nothing is owed", self._read_terms(registration))
        self._cancel_online(registration)
        self.assertEqual(registration.invoice_id.payment_state, "reversed")
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)

    def test_what_the_practice_registered_is_owed_when_cancelled_late(self):
        self._move_program(days=1)
        registration = self._register()
        self.assertRegex(self._read_terms(registration), r"\$\s90.00 is still owed")
        registration.with_user(self.front_desk).action_cancel()
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(registration.invoice_id.amount_residual, 90)
        self.assertEqual(registration.service_id.state, "invoiced")

    def test_cancelling_a_free_place_moves_no_money(self):
        program = self._create_program(rate_id=self.free_rate.id)
        registration = self._register_online(program=program)
        self._cancel_online(registration)
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(registration.service_id.state, "cancelled")

    def test_cancelling_twice_gives_back_once(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        terms = self._read_terms(registration)
        for _press in range(2):
            self._cancel_online(registration, terms)
        registration.with_user(self.front_desk).action_cancel()
        self.assertEqual(payment._clinic_get_given_back(), 90)
        self.assertEqual(len(registration.invoice_id.reversal_move_ids), 1)

    def test_nothing_is_cancelled_on_other_terms_than_were_read(self):
        registration = self._register_online()
        terms = self._read_terms(registration)
        self._pay(registration.invoice_id)
        self._move_program(days=1)
        self._promise(registration, days=-6)
        with self.assertRaisesRegex(UserError, "has changed"):
            self._cancel_online(registration, terms)
        self.assertState(registration, "confirmed", taken=1)

    def test_clients_do_not_cancel_what_has_begun(self):
        registration = self._register_online()
        self._move_program(days=-1)
        with self.assertRaisesRegex(UserError, "has begun"):
            self._cancel_online(registration)
        self.assertState(registration, "reserved", taken=1)

    def test_an_invoice_with_other_services_is_not_voided(self):
        registration = self._register()
        registration.invoice_id._clinic_void("Wrong date")
        other = self._create_service()
        joint = self._invoice(registration.service_id | other)
        self.assertEqual(len(joint), 1)
        with self.assertRaisesRegex(UserError, "bills other services"):
            registration.with_user(self.front_desk).action_cancel()
        self.env.invalidate_all()
        self.assertEqual(joint.payment_state, "not_paid")

    # === THE WHOLE PROGRAM === #

    def test_a_program_that_is_called_off_gives_all_money_back(self):
        paid = self._register_online()
        payment = self._pay(paid.invoice_id)
        owed, gone = self._register(self.child), self._register(self.other_client)
        gone.action_cancel()
        self._move_program(days=1)
        self._promise(paid, days=-6)
        notice = self.program.with_user(self.manager).action_cancel()
        self.assertIn("2 registrations", notice["params"]["message"])
        with self.assertRaisesRegex(UserError, "cancelled"):
            self._register_online(self.other_client, user=self.other_client_user)
        self._release_places()
        for registration in (paid, owed):
            self.assertState(registration, "cancelled", taken=0)
            self.assertEqual(registration.invoice_id.payment_state, "reversed")
            told = self._find_notices(registration)
            self.assertEqual(told.partner_ids, self.client)
            self.assertIn("does not take place", told.body)
            self.assertIn("/my/programs", told.body)
        self.assertFalse(self._find_notices(gone))
        self.assertEqual(payment._clinic_get_given_back(), 90)
        # The next run finds nothing to do.
        self._release_places()
        self.assertEqual(payment._clinic_get_given_back(), 90)

    def test_the_email_names_neither_program_nor_patient(self):
        registration = self._register(self.child)
        # With an account in Odoo there is a button, beside which it puts a name.
        self.client_user.group_ids = self.env.ref("base.group_user")
        before = self.env["mail.mail"].search([])
        # Context: it is read here before it is sent.
        registration.with_context(mail_notify_force_send=False)._tell_client()
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.recipient_ids, self.client)
        self.assertIn("given back", mail.body_html)
        for secret in ("Back school", self.program.name, "Charlie"):
            self.assertNotIn(secret, mail.subject)
            self.assertNotIn(secret, mail.body_html)

    def test_one_refund_that_fails_holds_up_no_other(self):
        stuck, other = self._register(), self._register(self.child)
        self._go_online(self.provider)
        tx = self._start_paying(stuck, "pending")
        self.program.action_cancel()
        self._release_places()
        self.assertState(stuck, "reserved", taken=1)
        self.assertState(other, "cancelled", taken=1)
        self.assertIn("being processed", stuck.problem)
        self.assertEqual(len(stuck.activity_ids), 1)
        tx._set_canceled()
        self._release_places()
        self.assertState(stuck, "cancelled", taken=0)
        self.assertFalse(stuck.problem)

    def test_a_program_that_is_called_off_stays_so(self):
        self.program.action_cancel()
        for method in ("action_start_registration", "action_close", "action_cancel"):
            with self.subTest(method=method), self.assertRaises(UserError):
                getattr(self.program, method)()

    # === HELPERS === #

    def _find_notices(self, registration):
        """Return what was written to the client about a registration."""
        # sudo: what is written to one person is read by that person alone.
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("model", "=", registration._name),
                ("res_id", "=", registration.id),
                ("message_type", "=", "user_notification"),
            ]
        )

    def _read_terms(self, registration):
        return registration.with_user(self.client_user).sudo()._describe_cancelling()

    def _cancel_online(self, registration, terms=None):
        registration = registration.with_user(self.client_user).sudo()
        registration._cancel_for_client(
            self.client_user, terms or self._read_terms(registration)
        )

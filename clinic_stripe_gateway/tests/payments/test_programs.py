from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.clinic_invoicing.tests.programs.common_programs import ProgramsCommon

from ..common import StripeEventCommon


@tagged("post_install", "-at_install")
class TestProgramsByCard(StripeEventCommon, ProgramsCommon):
    """Places of programs that are paid by card: Stripe gets and gives back once."""

    def _cancel(self, registration):
        # sudo: as the client's page.
        registration = registration.with_user(self.client_user).sudo()
        terms = registration._describe_cancelling()
        registration._cancel_for_client(self.client_user, terms)

    def _told(self, tx):
        """Return what Stripe has captured and refunded, in cents."""
        payment = self.control.payment(tx.provider_reference)
        return payment["captured"], payment["refunded"]

    def test_cancelling_in_time_gives_the_money_back_at_stripe(self):
        registration = self._register_online(self.child)
        tx = self._pay_and_settle(registration.invoice_id)
        self.assertState(registration, "confirmed", taken=1)
        self.assertEqual(self._told(tx), (9000, 0))
        self._cancel(registration)
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(self._told(tx), (9000, 9000))
        self.assertEqual(tx.payment_id._clinic_get_given_back(), 90)
        self.assertEqual(registration.invoice_id.payment_state, "reversed")
        # The event about it, and who presses again, find everything done.
        self._deliver("charge.refunded")
        self._cancel(registration)
        self.assertEqual(self._told(tx), (9000, 9000))
        self.assertEqual(tx.payment_id._clinic_get_given_back(), 90)

    def test_a_refund_that_stripe_refuses_cancels_nothing(self):
        registration = self._register_online()
        tx = self._pay_and_settle(registration.invoice_id)
        self.control.fault("rate_limit", "POST", "/v1/refunds")
        with self.assertRaises(UserError):
            self._cancel(registration)
        self.env.invalidate_all()
        self.assertState(registration, "confirmed", taken=1)
        self.assertEqual(self._told(tx), (9000, 0))

    def test_a_place_that_is_not_paid_in_time_cannot_be_paid_any_more(self):
        registration = self._register_online()
        tx, secret = self._start(registration.invoice_id)
        self._expire(registration)
        # SQL: nobody writes when a record was made.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = create_date - interval '1h'"
            " WHERE id = %s",
            tx.ids,
        )
        self.env.invalidate_all()
        self._run_job("clinic_invoicing.ir_cron_release_places")
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(tx.state, "cancel")
        answer = self.browser.confirm(secret)
        self.assertIn("error", answer)
        self.assertEqual(self._told(tx), (0, 0))

    def test_a_program_that_is_called_off_gives_all_money_back_at_stripe(self):
        txs = self.env["payment.transaction"]
        for patient in (self.client, self.child):
            registration = self._register_online(patient)
            txs |= self._pay_and_settle(registration.invoice_id)
        self.program.action_cancel()
        self._run_job("clinic_invoicing.ir_cron_release_places")
        self.assertEqual([self._told(tx) for tx in txs], [(9000, 9000)] * 2)
        self.assertEqual(self.program.places_taken, 0)

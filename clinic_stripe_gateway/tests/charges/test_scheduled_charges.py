from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import StripeHttpCommon, Undone

INTENTS = "/v1/payment_intents"
JOB = "clinic_invoicing.ir_cron_scheduled_charges"
ASKING_JOB = "clinic_stripe_gateway.ir_cron_ask_unanswered"
DECLINED = "pm_card_chargeCustomerFail"
AUTHENTICATION = "pm_card_authenticationRequired"


@tagged("post_install", "-at_install")
class TestScheduledCharges(StripeHttpCommon):
    """Autopay and instalments at Stripe: charged once, whatever happens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.write({"clinic_autopay": True, "clinic_charge_retry_days": "2"})
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.card = self._save_card()
        self.invoice = self._bill()

    def _agree(self, **values):
        # sudo: as the client's page.
        return (
            self.env["clinic.autopay"]
            .sudo()
            ._agree(
                self.client_user,
                self.practice,
                **{
                    "card_id": str(self.card.id),
                    "cap": "500",
                    "wording": self.practice._clinic_get_autopay_wording(),
                    "ip": "203.0.113.7",
                    **values,
                },
            )
        )

    def _notice(self):
        """Return the charge of a client on autopay who has been told of it."""
        self._agree()
        self._run_job(JOB)
        # sudo: nobody writes charges, and the tests let their day come.
        charge = self.invoice.sudo().clinic_charge_ids
        self.assertEqual(charge.state, "noticed")
        return charge

    def _come(self, charge):
        """Let the day of this charge come, and the job work."""
        charge.next_date = self._get_today()
        self._run_job(JOB)

    def _ask(self, tx):
        """Let the job ask Stripe, however long it would have waited."""
        tx.sudo().filtered("clinic_stripe_ask_at").clinic_stripe_ask_at = "2020-01-01"
        self._run_job(ASKING_JOB)

    def _billed(self):
        """Return what was charged, in cents; saving the card has cost a dollar."""
        payments = self.control.ledger()["payments"]
        return sum(each["captured"] for each in payments) - 100

    def _get_links(self):
        return self.env["mail.mail"].search([("subject", "like", "please pay")])

    # === CHARGED === #

    def test_a_saved_card_is_charged_once_on_its_day(self):
        charge = self._notice()
        self._come(charge)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(charge.transaction_id.clinic_stripe_request)
        self._come(charge)
        self.assertEqual(self._billed(), 12000)

    def test_two_charges_of_the_same_invoice_take_the_money_once(self):
        charge = self._notice()
        twin = charge.copy({"state": "noticed", "date": charge.date})
        self._come(charge | twin)
        self.assertEqual(self._billed(), 12000)
        self.assertEqual(set((charge | twin).mapped("state")), {"done"})

    # === DECLINED === #

    def test_a_declined_card_is_tried_again_then_a_link_is_sent(self):
        charge = self._notice()
        self.card.stripe_payment_method = DECLINED
        self._come(charge)
        self.assertRecordValues(charge, [{"state": "retrying", "attempts": 1}])
        self.assertIn("declined", charge.reason)
        self.assertFalse(self._get_links())
        self._come(charge)
        self.assertRecordValues(charge, [{"state": "link_sent", "attempts": 2}])
        self.assertEqual((len(self._get_links()), self._billed()), (1, 0))

    def test_a_card_that_was_declined_is_charged_when_it_works_again(self):
        charge = self._notice()
        method = self.card.stripe_payment_method
        self.card.stripe_payment_method = DECLINED
        self._come(charge)
        self.card.stripe_payment_method = method
        self._come(charge)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))

    def test_a_card_that_needs_authentication_sends_a_link_at_once(self):
        charge = self._notice()
        self.card.stripe_payment_method = AUTHENTICATION
        self._come(charge)
        self.assertRecordValues(charge, [{"state": "link_sent", "attempts": 1}])
        self.assertTrue(charge.transaction_id._clinic_needs_authentication())
        self.assertEqual((len(self._get_links()), self._billed()), (1, 0))

    def test_authentication_is_known_as_well_when_the_answer_was_lost(self):
        charge = self._notice()
        self.card.stripe_payment_method = AUTHENTICATION
        self.control.fault("lost_answer", method="POST", path=INTENTS, count=100)
        self._come(charge)
        self.assertEqual(charge.state, "charging")
        self.control.clear_faults()
        self._ask(charge.transaction_id)
        self._run_job(JOB)
        self.assertRecordValues(charge, [{"state": "link_sent", "attempts": 1}])

    # === UNKNOWN === #

    def test_a_lost_answer_is_pending_and_not_charged_twice(self):
        charge = self._notice()
        self.control.fault("lost_answer", method="POST", path=INTENTS, count=100)
        self._come(charge)
        self.assertEqual(charge.state, "charging")
        self.assertEqual(charge.transaction_id.state, "pending")
        self.control.clear_faults()
        self._come(charge)
        self.assertEqual(charge.state, "charging", "it is not sent by this job")
        self._ask(charge.transaction_id)
        self._run_job(JOB)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))
        self.assertEqual(len(self.invoice._get_reconciled_payments()), 1)

    def test_a_worker_killed_before_it_asks_stripe_is_made_up_for(self):
        charge = self._notice()
        tx = charge._start(120)
        self._come(charge)
        self.assertEqual((tx.state, self._billed()), ("pending", 0))
        self._ask(tx)
        self._run_job(JOB)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_what_is_called_off_after_a_worker_was_killed_is_not_made_up_for(self):
        charge = self._notice()
        tx = charge._start(120)
        charge.autopay_id._end("client")
        self._ask(tx)
        self._run_job(JOB)
        self._come(charge)
        self.assertEqual((tx.state, charge.state), ("error", "cancelled"))
        self.assertEqual(self._billed(), 0)

    def test_a_worker_killed_after_stripe_has_charged_is_found_out(self):
        charge = self._notice()
        tx = charge._start(120)
        self.env.flush_all()
        with self.assertRaises(Undone), self.env.cr.savepoint():
            charge._send(tx)
            self.assertEqual(charge.state, "done")
            raise Undone
        self.env.invalidate_all()
        self.assertEqual((charge.state, tx.state), ("charging", "pending"))
        self._come(charge)
        self._ask(tx)
        self._run_job(JOB)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))
        self.assertEqual(len(self.invoice._get_reconciled_payments()), 1)

    def test_a_charge_that_stripe_never_got_is_tried_again_another_day(self):
        charge = self._notice()
        self.control.fault("refuse", method="POST", path=INTENTS, count=100)
        self._come(charge)
        self.control.clear_faults()
        self.env.flush_all()
        # The ORM sets this column itself.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(hours=2), charge.transaction_id.id],
        )
        self.env.invalidate_all()
        self._ask(charge.transaction_id)
        self._run_job(JOB)
        self.assertRecordValues(charge, [{"state": "retrying", "attempts": 1}])
        self._come(charge)
        self.assertEqual((charge.state, self._billed()), ("done", 12000))

    # === CARDS THAT GO === #

    def test_an_expired_card_ends_autopay_with_notice(self):
        charge = self._notice()
        self.card.sudo().write({"clinic_exp_month": 1, "clinic_exp_year": 2020})
        self._run_job(JOB)
        self.assertEqual(charge.autopay_id.end_reason, "card")
        self.assertEqual((charge.state, self._billed()), ("cancelled", 0))
        ended = self.env["mail.mail"].search([("subject", "like", "autopay is off")])
        self.assertEqual(len(ended), 1)

    def test_expired_cards_and_those_of_another_account_are_not_offered(self):
        agreements = self.env["clinic.autopay"].sudo()
        year = self.card.clinic_exp_year
        for values, offered in (
            ({}, self.card),
            ({"clinic_exp_year": 2020}, self.card.browse()),
            ({"clinic_exp_year": year, "clinic_account_ref": "acct_x/test"}, None),
        ):
            self.card.sudo().write(values)
            cards = agreements._get_cards(self.client, self.practice)
            self.assertEqual(cards, offered or self.card.browse())

    def test_a_disputed_invoice_is_not_charged(self):
        self._pay_and_settle(self.invoice, card="createDispute")
        self._deliver("charge.dispute.created")
        self.assertGreater(self.invoice.amount_residual, 0)
        self._agree()
        self._run_job(JOB)
        self.assertFalse(self.invoice.sudo().clinic_charge_ids)

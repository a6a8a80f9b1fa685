from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_disputes import DisputeCommon

JOB = "clinic_invoicing.ir_cron_scheduled_charges"


@tagged("post_install", "-at_install")
class TestMoneyComesBack(DisputeCommon):
    """Banks take money, and give it back: what it pays then, and who is told."""

    # === THE SAME IS PAID AGAIN === #

    def _bill_due(self, price, due):
        bill = self._bill(price)
        bill.invoice_date_due = due
        return bill

    def test_the_invoices_that_were_open_before_are_open_after_a_won_dispute(self):
        first = self._bill_due(97.75, "2024-04-30")
        second = self._bill_due(97.75, "2024-05-31")
        tx = self._pay_and_settle(second)
        payment = tx.payment_id
        cash = self._pay(first, 50)
        self.assertEqual(first.amount_residual, 47.75)
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual([first.amount_residual, second.amount_residual], [47.75, 0])
        self.assertEqual(second._get_reconciled_payments(), payment)
        self.assertEqual(first._get_reconciled_payments(), cash)

    def test_parts_of_two_invoices_are_the_same_after_a_statement_had_the_money(self):
        first = self._bill_due(97.75, "2024-04-30")
        second = self._bill_due(97.75, "2024-05-31")
        tx = self._pay_and_settle(second | first, amount=150)
        payment = tx.payment_id
        for bill in (first, second):
            payment._clinic_take_off(bill)
        for bill in (second, first):
            payment._clinic_pay_invoices(bill)
        self.assertEqual([first.amount_residual, second.amount_residual], [45.5, 0])
        dispute_id = self._dispute(tx, "created")
        self._match(self._find().withdrawal_id)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertEqual([first.amount_residual, second.amount_residual], [45.5, 0])
        self.assertReconciled(payment)

    # === DEPOSITS === #

    def _take_deposit(self, **values):
        """Return a visit, and the transaction of the deposit for it."""
        event = self._create_event(self.client)
        values = {"amount": 30, "partner_id": self.client.id, **values}
        tx = self._pay_and_settle(clinic_deposit_event_id=event.id, **values)
        self.assertEqual(tx.payment_id.clinic_deposit_event_id, event)
        return event, tx

    def _bill_visit(self, event):
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        return event.clinic_service_ids.invoice_ids

    def test_a_deposit_whose_dispute_was_won_pays_its_visit(self):
        event, tx = self._take_deposit()
        dispute_id = self._dispute(tx, "created")
        bill = self._bill_visit(event)
        self.assertEqual(bill.amount_residual, 100)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertEqual(bill.amount_residual, 70)
        self.assertFalse(self._find().activity_ids)

    def test_a_deposit_that_is_back_before_its_visit_is_nobodys_errand(self):
        event, tx = self._take_deposit()
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 30)
        self.assertFalse(self._find().activity_ids | tx.payment_id.activity_ids)
        self.assertEqual(self._bill_visit(event).amount_residual, 70)

    def test_a_deposit_whose_refund_failed_pays_its_visit(self):
        event, tx = self._take_deposit(card="refundFail")
        refund = tx._refund(30)
        refund._post_process()
        bill = self._bill_visit(event)
        self.assertEqual(bill.amount_residual, 100)
        self.control.fail_refund(refund.provider_reference)
        self._deliver("charge.refund.updated")
        self.assertEqual(bill.amount_residual, 70)
        self.assertFalse(tx.payment_id.clinic_amount_unallocated)

    # === IN PROCESS === #

    def test_nothing_is_in_process_of_what_was_refunded(self):
        tx = self._pay_and_settle(self.invoice)
        self.assertEqual(tx.payment_id.state, "paid")
        tx._refund(120)._post_process()
        payments = tx.payment_id | tx.child_transaction_ids.payment_id
        self.assertEqual(payments.mapped("state"), ["paid", "paid"])
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({})
        )
        self.assertNotIn("unpaid_matched_payments", wizard.actionable_errors or {})

    # === E-MAILS === #

    def test_what_a_bank_took_was_not_given_back_by_the_practice(self):
        self.practice.clinic_email_receipts = True
        tx = self._pay_and_settle(self.invoice)
        # sudo: it is the job's.
        tx.payment_id.sudo().clinic_letter_state = "sent"
        self._dispute(tx, "created")
        withdrawal = self._find().withdrawal_id
        self.assertFalse(withdrawal._clinic_gives_back())
        self.assertFalse(withdrawal._clinic_is_worth_a_letter())
        other = self._pay_and_settle(self._bill(50))
        other._refund(50)._post_process()
        refund = other.child_transaction_ids.payment_id
        self.assertEqual(refund.clinic_letter_state, "to_send")
        self.assertTrue(refund._clinic_is_worth_a_letter())
        self.assertEqual(refund._clinic_get_letter_recipient(), self.client)

    # === AUTOPAY === #

    def _agree(self, card):
        self.practice.clinic_autopay = True
        # sudo: as the client's page.
        agreements = self.env["clinic.autopay"].sudo()
        return agreements._agree(
            self.client_user,
            self.practice,
            card_id=str(card.id),
            cap="500",
            wording=self.practice._clinic_get_autopay_wording(),
            ip="203.0.113.7",
        )

    def test_a_card_whose_bank_took_money_back_is_not_charged_by_itself(self):
        tx = self._pay_and_settle(self.invoice, tokenize=True)
        agreement = self._agree(tx.token_id)
        dispute_id = self._dispute(tx, "created", inquiry=True)
        self.assertFalse(agreement.pause_reason)
        self.control.lose_dispute(dispute_id)
        self._tell("closed", "funds_withdrawn")
        self.assertEqual(agreement.pause_reason, "disputed")
        self.assertEqual(len(agreement.activity_ids), 1)
        bill = self._bill(50)
        self._run_job(JOB)
        self.assertFalse(bill.sudo().clinic_charge_ids)
        agreement.with_user(self.biller).action_resume()
        # What is heard again is known.
        self._tell("closed", "funds_withdrawn")
        self.assertFalse(agreement.pause_reason)
        self._run_job(JOB)
        self.assertEqual(bill.sudo().clinic_charge_ids.state, "noticed")

    def test_a_card_is_the_same_whoever_has_saved_it(self):
        tx = self._pay_and_settle(self.invoice, tokenize=True)
        # sudo: nobody writes by hand which number a card has.
        card = tx.token_id.sudo()
        card.clinic_fingerprint = "fingerprint"
        other = card.copy(
            {"clinic_fingerprint": "fingerprint", "provider_ref": "cus_other"}
        )
        agreement = self._agree(other)
        self._dispute(tx, "created")
        self.assertEqual(agreement.pause_reason, "disputed")
        (card | other).active = False
        anew = other.copy({"clinic_fingerprint": "fingerprint", "active": True})
        anew.provider_ref = "cus_anew"
        with self.assertRaisesRegex(UserError, "bank has taken a charge back"):
            self._agree(anew)
        anew.with_user(self.biller).action_clinic_allow_agreements()
        self.assertTrue(self._agree(anew).active)

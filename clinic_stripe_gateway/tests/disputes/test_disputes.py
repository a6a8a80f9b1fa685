import dataclasses
from datetime import datetime, timezone

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_disputes import FEE, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputes(DisputeCommon):
    # === WHAT IS BOOKED === #

    def test_a_dispute_takes_the_money_back_and_opens_the_invoice(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        self.assertWithdrawn(self.invoice, tx)
        self.assertEqual(self.service.state, "invoiced")
        dispute = self._find()
        self.assertRecordValues(
            dispute,
            [
                {
                    "status": "needs_response",
                    "is_held": True,
                    "is_refundable": False,
                    "amount": 120,
                    "amount_withdrawn": 120,
                    "fee": FEE,
                    "reason": "fraudulent",
                    "payment_id": tx.payment_id.id,
                    "invoice_ids": self.invoice.ids,
                    "company_id": self.practice.id,
                    "partner_id": self.client.id,
                }
            ],
        )
        self.assertEqual(len(dispute.entry_ids), 2)

    def test_whatever_is_heard_in_whatever_order_the_books_are_the_same(self):
        befores = ((), ("created",), ("funds_withdrawn", "created", "created"))
        afters = (("closed", "funds_reinstated"), ("funds_reinstated",), ("closed",))
        for before in befores:
            for after in afters:
                with self.subTest(before=before, after=after):
                    invoice = self._bill(120)
                    tx = self._pay_and_settle(invoice)
                    dispute_id = self._dispute(tx, *before)
                    if before:
                        self.assertWithdrawn(invoice, tx)
                    self.control.win_dispute(dispute_id)
                    self._tell(*after, *after)
                    # What the dispute took and gave back between two messages never
                    # happened for the books, but for the fee.
                    self.assertRestored(invoice, tx)
                    self._tell("funds_withdrawn", "created")
                    self.assertRestored(invoice, tx)
                    self.assertEqual(self._find(dispute_id).status, "won")

    def test_a_message_waits_a_moment_while_somebody_is_at_the_dispute(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._post(*self._message("charge.dispute.closed"))
        event = self._received()[0]
        due = event.next_attempt
        with self._held_elsewhere("clinic.stripe.dispute"):
            self._process_events()
        self.assertEqual((event.state, event.attempts), ("received", 0))
        self.assertEqual(event.next_attempt, due)
        self._process_events()
        self.assertEqual(event.state, "done")
        self.assertRestored(self.invoice, tx)

    def test_a_lost_dispute_leaves_the_invoice_open_and_payable(self):
        for before in ((), ("created",), ("funds_withdrawn", "created")):
            with self.subTest(before=before):
                invoice = self._bill(120)
                tx = self._pay_and_settle(invoice)
                dispute_id = self._dispute(tx, *before)
                self.control.lose_dispute(dispute_id)
                for _ in range(2):
                    self._tell("closed")
                self._tell("created")
                self.assertWithdrawn(invoice, tx)
                dispute = self._find(dispute_id)
                self.assertEqual((dispute.status, dispute.is_held), ("lost", False))
                self.assertFalse(invoice._clinic_get_payment_obstacle())
                self.assertTrue(invoice._has_to_be_paid())
                summaries = dispute.activity_ids.mapped("summary")
                self.assertEqual(summaries, ["Collect what a dispute has cost"])
        again = self._pay_and_settle(invoice)
        self.assertPaidAgain(invoice, again)

    def assertPaidAgain(self, invoice, tx):
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice._get_reconciled_payments(), tx.payment_id)

    def test_what_was_never_heard_of_again_is_asked_for(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._refresh()
        self.assertRestored(self.invoice, tx)
        self.control.clear_requests()
        self._refresh()
        self.assertFalse(self._sent())

    def test_a_dispute_may_be_heard_of_before_its_payment(self):
        tx = self._pay_by_card(self.invoice)
        self._dispute(tx, "created")
        self.assertEqual(tx.state, "done")
        self.assertWithdrawn(self.invoice, tx)
        self._deliver("payment_intent.succeeded")
        self.assertWithdrawn(self.invoice, tx)

    def test_an_inquiry_moves_no_money(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created", inquiry=True)
        dispute = self._find()
        self.assertEqual(dispute.status, "warning_needs_response")
        self.assertFalse(dispute.entry_ids)
        self.assertPaidOnce(self.invoice, tx)
        self.assertFalse(tx.payment_id._clinic_stripe_get_dispute_obstacle())
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual((dispute.status, dispute.is_held), ("warning_closed", False))
        self.assertFalse(dispute.entry_ids)
        self.assertFalse(dispute.activity_ids)

    def test_what_a_bank_asks_about_is_not_held_for_other_invoices(self):
        tx = self._pay_and_settle(self.invoice)
        tx.payment_id._clinic_take_off(self.invoice)
        key = self.invoice._clinic_get_held_key()
        lines = self.env["account.move.line"]
        self.assertEqual(lines._clinic_sum_held(self.client, self.practice)[key], 120)
        self._dispute(tx, "created", inquiry=True)
        self.assertNotIn(key, lines._clinic_sum_held(self.client, self.practice))

    def test_an_inquiry_that_becomes_a_dispute_moves_it_then(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created", inquiry=True)
        self.control.lose_dispute(dispute_id)
        self._tell("closed", "funds_withdrawn")
        self.assertWithdrawn(self.invoice, tx)

    def test_a_part_can_be_disputed(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created", amount=5000)
        self.assertWithdrawn(self.invoice, tx, amount=50)
        self.assertEqual(self.invoice.payment_state, "partial")
        self.assertEqual(tx.payment_id._clinic_get_returnable(), 70)
        self.control.win_dispute(dispute_id)
        self._tell("funds_reinstated")
        self.assertRestored(self.invoice, tx)

    def test_a_payment_that_was_refunded_in_part_can_be_disputed(self):
        tx = self._pay_and_settle(self.invoice)
        tx._refund(45)._post_process()
        refund = tx.child_transaction_ids.payment_id
        tx.payment_id._clinic_net_against(refund)
        self.assertEqual(self.invoice.amount_residual, 45)
        dispute_id = self._dispute(tx, "created")
        dispute = self._find()
        self.assertEqual(dispute.withdrawal_id.amount, 75)
        self.assertEqual(self.invoice.amount_residual, 120)
        self.assertReconciled(tx.payment_id | refund | dispute.withdrawal_id)
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual(self.invoice.amount_residual, 45)
        self.assertReconciled(tx.payment_id)

    def test_a_payment_of_several_invoices_can_be_disputed(self):
        invoices = self._bill(120) | self._bill(80)
        tx = self._pay_and_settle(invoices)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
        dispute_id = self._dispute(tx, "created")
        self.assertEqual(invoices.mapped("amount_residual"), [120, 80])
        self.assertBooksAgree(tx)
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])

    def test_a_captured_authorisation_can_be_disputed(self):
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        tx = self._pay_and_settle(self.invoice)
        capture = tx._capture()
        capture._post_process()
        self._dispute(tx, "created")
        dispute = self._find()
        self.assertEqual(dispute.transaction_id, tx)
        self.assertEqual(dispute.payment_id, capture.payment_id)
        self.assertWithdrawn(self.invoice, capture)

    def test_amounts_without_and_with_three_decimals_are_booked(self):
        for name, amount, fee in (("JPY", 5000, 15), ("KWD", 12.5, 1.5)):
            with self.subTest(currency=name):
                currency = self._activate(name)
                tx = self._pay_and_settle(amount=amount, currency_id=currency.id)
                dispute_id = self._dispute(tx, "created")
                dispute = self._find(dispute_id)
                self.assertEqual(dispute.withdrawal_id.amount, amount)
                self.assertEqual(dispute.withdrawal_id.currency_id, currency)
                self.assertEqual(dispute.fee, fee)
                self.assertBooksAgree(tx, fee)
                self.control.win_dispute(dispute_id)
                self._tell("closed")
                self.assertBooksAgree(tx, fee)

    def _activate(self, name):
        # Context: the practice has not used the currency so far.
        currencies = self.env["res.currency"].with_context(active_test=False)
        currency = currencies.search([("name", "=", name)])
        currency.write(
            {
                "active": True,
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 2})],
            }
        )
        return currency

    # === WHAT STRIPE SAYS LATER === #

    def _say(self, tx, **changes):
        """Settle what Stripe might say of the dispute instead."""
        dispute = self._find()
        snapshot = self.provider._clinic_stripe_call("get_dispute", dispute.dispute_id)
        changes.setdefault("movements", snapshot.movements)
        dispute._settle(tx, dataclasses.replace(snapshot, **changes))
        return snapshot

    def test_won_money_is_awaited_until_it_is_back(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        self._say(tx, status="won")
        self.assertTrue(self._find().is_held)
        self.assertWithdrawn(self.invoice, tx)
        self.assertTrue(self.invoice._clinic_get_payment_obstacle())

    def test_a_fee_that_is_given_back_is_booked_back(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        (taken,) = self._say(tx).movements
        returned = dataclasses.replace(taken, amount=12000, fee=-1500)
        for _ in range(2):
            self._say(tx, status="won", movements=(taken, returned))
        self.assertEqual(self.invoice.amount_residual, 0)
        fees = self._find().entry_ids.line_ids.filtered(
            lambda line: line.account_id == self.fee_account
        )
        self.assertEqual(sorted(fees.mapped("balance")), [-15, 15])

    def test_money_that_is_taken_a_second_time_is_booked_a_second_time(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        first, second = self._say(tx).movements
        third = dataclasses.replace(first, fee=0)
        self._say(tx, status="lost", movements=(first, second, third))
        self.assertEqual(self.invoice.amount_residual, 120)
        self.assertEqual(self._find().withdrawal_id.amount, 120)

    def test_a_status_that_nobody_knows_holds_the_invoice(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        self._say(tx, status="made_up_tomorrow")
        dispute = self._find()
        self.assertEqual((dispute.status, dispute.is_held), ("unknown", True))

    # === WHAT HAPPENED MEANWHILE === #

    def test_money_that_comes_back_to_a_paid_invoice_is_open_credit(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        cash = self._pay(self.invoice)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertEqual(self.invoice._get_reconciled_payments(), cash)
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 120)
        self.assertBooksAgree(tx)
        self.assertEqual(
            self._find().activity_ids.mapped("summary"),
            ["Use money that came back from a dispute"],
        )

    def test_money_that_comes_back_to_a_cancelled_invoice_is_open_credit(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        self._credit(self.invoice)
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 120)
        self.assertIn(
            "Use money that came back from a dispute",
            self._find().activity_ids.mapped("summary"),
        )

    def test_a_withdrawal_in_a_closed_year_is_reversed_today(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        withdrawal = self._find().withdrawal_id
        self.practice.fiscalyear_lock_date = withdrawal.date
        self.control.win_dispute(dispute_id)
        self._tell("closed")
        self.assertEqual(withdrawal.move_id.state, "posted")
        self.assertRestored(self.invoice, tx)

    def test_a_withdrawal_on_a_bank_statement_stays_in_the_books(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        withdrawal = self._find().withdrawal_id
        self._match(withdrawal)
        self.assertTrue(withdrawal.is_matched)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        self.assertTrue(withdrawal.is_matched)
        self.assertRestored(self.invoice, tx)
        returned = self._find().entry_ids.origin_payment_id - withdrawal
        self.assertEqual(returned.payment_type, "inbound")
        self.assertReconciled(withdrawal | returned)
        payment = tx.payment_id
        self.assertEqual(payment._clinic_get_returnable(), 120)
        self.assertEqual(returned._clinic_get_returnable(), 0)

    def test_a_discount_comes_back_with_money_that_a_statement_had_taken(self):
        term = self._create_discount_term()
        self.client.property_payment_term_id = term
        today = self._get_today()
        invoice = self._invoice(
            self._create_service(price_unit=100), invoice_date=today
        )
        tx = self._pay_and_settle(invoice, amount=98, clinic_discount_day=today)
        self.assertEqual(invoice.amount_residual, 0)
        dispute_id = self._dispute(tx, "created")
        withdrawal = self._find().withdrawal_id
        self.assertEqual(invoice.amount_residual, 100)
        self._match(withdrawal)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "funds_reinstated")
        returned = self._find().entry_ids.origin_payment_id - withdrawal
        self.assertEqual(invoice.amount_residual, 0)
        self.assertReconciled(tx.payment_id | withdrawal | returned)
        account = self.practice.account_journal_early_pay_discount_loss_account_id
        lines = (tx.payment_id | withdrawal | returned).move_id.line_ids
        discount = lines.filtered(lambda line: line.account_id == account)
        self.assertEqual(sum(discount.mapped("balance")), 2)

    def test_what_cannot_be_booked_is_told_and_booked_later(self):
        tx = self._pay_and_settle(self.invoice)
        journal = tx.payment_id.journal_id
        journal.active = False
        self._dispute(tx, "created")
        dispute = self._find()
        self.assertTrue(dispute.problem)
        self.assertFalse(dispute.entry_ids)
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertIn("Book a dispute", dispute.activity_ids.mapped("summary"))
        journal.active = True
        self._refresh()
        self.assertWithdrawn(self.invoice, tx)

    # === WHO HEARS OF IT === #

    def test_the_manager_is_asked_to_answer_in_time(self):
        self.practice.partner_id.tz = "UTC"
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created", "funds_withdrawn", "created")
        dispute = self._find()
        activity = dispute.activity_ids
        due = self.control.objects("dispute")[0]["evidence_details"]["due_by"]
        self.assertEqual(activity.summary, "Answer a dispute")
        self.assertEqual(
            activity.date_deadline, datetime.fromtimestamp(due, timezone.utc).date()
        )
        self.assertTrue(activity.user_id.has_group("clinic_invoicing.group_manager"))
        for record in (self.invoice, tx.payment_id):
            texts = " ".join(record.message_ids.mapped("body"))
            self.assertEqual(texts.count("disputes $"), 1)
            self.assertEqual(texts.count("has taken back $"), 1)
        self.control.win_dispute(dispute_id)
        self._tell("closed", "closed")
        self.assertFalse(dispute.activity_ids)
        texts = " ".join(self.invoice.message_ids.mapped("body"))
        self.assertEqual(texts.count("has ended: Won"), 1)
        self.assertEqual(texts.count("has given back $"), 1)

    def test_its_days_are_those_of_the_practice(self):
        """In the evening the next day, month or year has begun in UTC already."""
        self.practice.partner_id.tz = "Pacific/Honolulu"
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx)
        snapshot = self.provider._clinic_stripe_call("get_dispute", dispute_id)
        evening = int(datetime(2025, 1, 1, 5, 0, tzinfo=timezone.utc).timestamp())
        (taken,) = snapshot.movements
        snapshot = dataclasses.replace(
            snapshot,
            due_by=evening,
            movements=(dataclasses.replace(taken, at=evening),),
        )
        dispute = self.env["clinic.stripe.dispute"].sudo()._settle(tx, snapshot)
        last_day = fields.Date.to_date("2024-12-31")
        self.assertEqual(dispute.activity_ids.date_deadline, last_day)
        self.assertIn("12/31/2024", dispute.activity_ids.note)
        self.assertEqual(dispute.withdrawal_id.date, last_day)

    def test_a_warning_of_fraud_asks_a_manager_to_refund(self):
        tx = self._pay_by_card(self.invoice)
        self.control.warn_of_fraud(tx.provider_reference)
        for _ in range(2):
            event = self._deliver("radar.early_fraud_warning.created")
            self.assertEqual(event.state, "done")
        self.assertPaidOnce(self.invoice, tx)
        activity = tx.payment_id.activity_ids
        self.assertEqual(activity.summary, "Look at a payment that may be fraud")
        self.assertTrue(activity.user_id.has_group("clinic_invoicing.group_manager"))

    def test_a_warning_that_comes_too_late_asks_nobody(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        self.control.warn_of_fraud(tx.provider_reference)
        self._deliver("radar.early_fraud_warning.created")
        self.assertFalse(tx.payment_id.activity_ids)

    def test_a_payment_of_another_application_is_nobodys_dispute(self):
        for description in (None, "Web shop order 7"):
            payload = {"amount": 12000, "currency": "usd", "confirm": True}
            payload |= {"payment_method": "pm_card_visa", "description": description}
            intent = self.provider._send_api_request(
                "POST", "payment_intents", data=payload
            )
            self.control.create_dispute(intent["id"])
            self.assertEqual(self._deliver("charge.dispute.created").state, "ignored")
        self.assertFalse(self._find())

    def test_a_payment_that_odoo_has_forgotten_is_found_by_its_dispute(self):
        tx = self._pay_by_card(self.invoice)
        self.control.create_dispute(tx.provider_reference)
        tx.unlink()
        self._tell("created")
        self.assertWithdrawn(self.invoice, self._find().transaction_id)

    def test_the_payment_cannot_be_given_back_meanwhile(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created", amount=5000)
        payment = tx.payment_id
        for give_back in (
            lambda: payment._clinic_give_back(20, "Asked for"),
            lambda: tx.action_refund(20),
        ):
            with self.assertRaisesRegex(UserError, "bank disputes the payment"):
                give_back()
        with self.assertRaisesRegex(UserError, "bank disputes a payment of"):
            self.invoice.action_clinic_void()
        self.assertEqual(self.control.payment(tx.provider_reference)["refunded"], 0)
        self.assertEqual(payment.amount_available_for_refund, 70)
        self.control.lose_dispute(dispute_id)
        self._tell("closed")
        self.assertFalse(payment._clinic_stripe_get_dispute_obstacle())
        self.assertEqual(self.invoice.action_clinic_void()["target"], "new")

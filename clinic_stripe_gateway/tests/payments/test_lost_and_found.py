from datetime import timedelta

from odoo.tests import tagged

from ..common import StripeHttpCommon


class Killed(Exception):
    """Ends a request after Stripe has answered and before Odoo has committed."""


@tagged("post_install", "-at_install")
class TestLostAndFound(StripeHttpCommon):
    """Charges that Stripe made and Odoo forgot."""

    def _charge_and_forget(self, invoices, **values):
        """Charge a saved card in a request that is rolled back; return its intent."""
        token = self._save_card()
        self.env.flush_all()
        with self.assertRaises(Killed), self.env.cr.savepoint():
            tx = self._create_transaction(
                invoices, operation="offline", token_id=token.id, **values
            )
            tx._charge_with_token()
            self.assertEqual(tx.state, "done")
            raise Killed
        self.env.invalidate_all()
        self.assertFalse(invoices.transaction_ids)
        return self.control.objects("payment_intent")[-1]

    def _find(self, intent):
        return self.env["payment.transaction"].search(
            [("provider_reference", "=", intent["id"])]
        )

    def test_a_forgotten_charge_is_booked_on_what_it_was_for(self):
        invoices = self._bill() | self._bill(80)
        intent = self._charge_and_forget(invoices)
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "done")
        tx = self._find(intent)
        self.assertRecordValues(
            tx,
            [{"state": "done", "amount": 200, "clinic_stripe_is_found": True}],
        )
        self.assertEqual(tx.invoice_ids, invoices)
        self.assertEqual(tx.reference, intent["description"])
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
        self.assertEqual(invoices._get_reconciled_payments(), tx.payment_id)

    def test_a_forgotten_charge_keeps_the_discount_of_its_day(self):
        self.client.property_payment_term_id = self._create_discount_term()
        today = self._get_today()
        invoice = self._invoice(
            self._create_service(price_unit=100), invoice_date=today
        )
        # It is found when the discount is over.
        yesterday = today - timedelta(days=1)
        invoice.line_ids.filtered("discount_date").discount_date = yesterday
        self._charge_and_forget(invoice, amount=98, clinic_discount_day=yesterday)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(invoice.amount_residual, 0)

    def test_it_is_booked_once_however_often_it_is_told(self):
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        for _ in range(3):
            self._deliver("payment_intent.succeeded")
            self._deliver("payment_intent.created")
        self._received().filtered(lambda e: e.state == "done").action_retry()
        self.assertEqual(len(self._find(intent)), 1)
        self.assertEqual(len(invoice._get_reconciled_payments()), 1)

    def test_one_whose_bill_is_paid_meanwhile_is_shown_and_can_be_refunded(self):
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        self._pay(invoice)
        self.assertEqual(invoice.amount_residual, 0)
        event = self.control.events("payment_intent.succeeded", object_id=intent["id"])
        signed = self.control.payload(event[-1]["id"], self.endpoint)
        self._post(signed["body"].encode(), signed["signature"])
        self._process_events()
        payment = self._find(intent).payment_id
        self.assertEqual(payment.state, "in_process")
        self.assertFalse(payment.is_reconciled)
        self.assertIn("not allocated", payment.activity_ids.summary)
        self.assertEqual(len(invoice._get_reconciled_payments()), 1)
        payment._clinic_give_back(120, "Charged twice")
        self.assertEqual(self.control.payment(intent["id"])["gross"], 0)
        open_lines = payment._clinic_get_receivable_lines().filtered(
            lambda line: not line.reconciled
        )
        self.assertFalse(open_lines)

    def test_a_client_who_pays_meanwhile_is_told_to_wait(self):
        """The key of the new payment is that of the forgotten one."""
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        tx = self._create_transaction(invoice)
        values = tx._get_processing_values()
        self.assertEqual((tx.state, values["state"]), ("pending", "error"))
        self.assertIn("Do not try again", values["state_message"])
        self._run_job("clinic_stripe_gateway.ir_cron_ask_unanswered")
        self.assertEqual((tx.state, tx.provider_reference), ("done", intent["id"]))
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_restored_backup_finds_what_was_paid_after_it(self):
        """The reference is another attempt's by now."""
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        tx = self._create_transaction(invoice, reference=intent["description"])
        tx.sudo().provider_reference = "pi_of_the_new_attempt"
        self._deliver("payment_intent.succeeded")
        found = self._find(intent)
        self.assertTrue(found.clinic_stripe_is_found)
        self.assertNotEqual(found, tx)
        self.assertEqual((found.state, tx.state), ("done", "draft"))
        self.assertEqual(invoice.amount_residual, 0)

    def _let_another_patient_have_its_number(self, invoice):
        """Let the invoice be one that was made later, and is another patient's.

        Restoring a backup gives numbers of records again that it does not know.
        """
        self.env.flush_all()
        # The ORM sets the first column itself, and lets no posted invoice change.
        self.env.cr.execute(
            """UPDATE account_move SET create_date = create_date + interval '1 hour',
                   partner_id = %(payer)s, commercial_partner_id = %(payer)s
               WHERE id = %(id)s""",
            {"payer": self.other_client.id, "id": invoice.id},
        )
        self.env.invalidate_all()

    def test_a_restored_backup_lets_nobody_pay_an_invoice_that_took_its_number(self):
        invoice = self._bill()
        payer = invoice.partner_id
        intent = self._charge_and_forget(invoice)
        self._let_another_patient_have_its_number(invoice)
        self._deliver("payment_intent.succeeded")
        found = self._find(intent)
        self.assertEqual((found.state, found.partner_id), ("done", payer))
        self.assertFalse(found.invoice_ids)
        self.assertEqual(invoice.amount_residual, 120)
        self.assertIn("not allocated", found.payment_id.activity_ids.summary)

    def test_a_restored_backup_gives_no_money_to_a_payer_who_took_a_number(self):
        invoice = self._bill()
        payer = invoice.partner_id
        intent = self._charge_and_forget(invoice)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = create_date + interval '1 hour' "
            "WHERE id = %s",
            [payer.id],
        )
        self._let_another_patient_have_its_number(invoice)
        self._deliver("payment_intent.succeeded")
        found = self._find(intent)
        self.assertEqual(found.partner_id, self.env.company.partner_id)

    def test_a_restored_backup_settles_no_attempt_that_took_its_reference(self):
        """Flat rates: the amounts are the same, and so are numbers made again."""
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        bill = self._bill(patient=self.other_client)
        tx = self._create_transaction(bill, reference=intent["description"])
        self._deliver("payment_intent.succeeded")
        self.assertEqual((tx.state, tx.provider_reference), ("draft", False))
        self.assertEqual(bill.amount_residual, 120)
        self.assertEqual(self._find(intent).invoice_ids, invoice)
        self.assertEqual(invoice.amount_residual, 0)

    def test_an_attempt_that_repeats_a_forgotten_charge_is_settled_with_it(self):
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        tx = self._create_transaction(invoice, reference=intent["description"])
        self._deliver("payment_intent.succeeded")
        self.assertEqual((tx.state, tx.provider_reference), ("done", intent["id"]))
        self.assertEqual(invoice._get_reconciled_payments(), tx.payment_id)

    def test_a_charge_for_an_invoice_that_is_gone_is_kept_for_its_payer(self):
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        invoice.button_cancel()
        self._deliver("payment_intent.succeeded")
        payment = self._find(intent).payment_id
        self.assertEqual(payment.partner_id, invoice.partner_id)
        self.assertFalse(payment.is_reconciled)
        self.assertTrue(payment.activity_ids)

    def test_a_charge_for_a_hundred_invoices_knows_all_of_them(self):
        invoices = self.env["account.move"].create(
            [{"move_type": "out_invoice", "partner_id": self.client.id}] * 100
        )
        tx, _secret = self._start(invoices, amount=100)
        intent = self.control.objects("payment_intent")[-1]
        self.assertTrue(all(len(text) <= 500 for text in intent["metadata"].values()))
        origin = tx._clinic_stripe_read_origin(intent)
        self.assertEqual(origin["invoices"], sorted(invoices.ids))

    def test_what_another_database_has_charged_is_not_ours(self):
        self._charge_and_forget(self._bill())
        self._set_parameter("database.secret", "of another database")
        event = self._deliver("payment_intent.succeeded")
        self.assertEqual(event.state, "ignored")

    def test_a_refund_of_a_forgotten_charge_books_both(self):
        invoice = self._bill()
        intent = self._charge_and_forget(invoice)
        self.control.dashboard_refund(intent["id"], amount=5000)
        event = self._deliver("charge.refunded")
        self.assertEqual((event.state, event.reason), ("done", False))
        payment = self._find(intent).filtered(lambda tx: tx.amount > 0).payment_id
        self.assertEqual(payment.clinic_reversal_ids.amount, 50)
        self.assertEqual(invoice.amount_residual, 50)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(invoice.amount_residual, 50)

    def test_a_forgotten_refund_is_booked_by_its_event(self):
        invoice = self._bill()
        payment = self._pay_and_settle(invoice).payment_id
        self.env.flush_all()
        with self.assertRaises(Killed), self.env.cr.savepoint():
            payment._clinic_give_back(20, "Too much")
            reference = payment.payment_transaction_id.child_transaction_ids.reference
            raise Killed
        self.env.invalidate_all()
        for kind in ("refund.created", "charge.refunded", "refund.created"):
            self._deliver(kind)
        refund = payment.payment_transaction_id.child_transaction_ids
        self.assertEqual((refund.amount, refund.state), (-20, "done"))
        self.assertEqual(refund.reference, reference)
        self.assertEqual(invoice.amount_residual, 20)
        self.assertEqual(payment.amount_available_for_refund, 100)

    def test_a_forgotten_refund_and_another_in_the_dashboard_are_both_booked(self):
        invoice = self._bill()
        payment = self._pay_and_settle(invoice).payment_id
        tx = payment.payment_transaction_id
        self.env.flush_all()
        with self.assertRaises(Killed), self.env.cr.savepoint():
            payment._clinic_give_back(20, "Too much")
            raise Killed
        self.env.invalidate_all()
        self.control.dashboard_refund(tx.provider_reference, amount=2000)
        for _ in range(2):
            self._deliver("charge.refunded")
        self.assertEqual(tx.child_transaction_ids.mapped("amount"), [-20, -20])
        self.assertEqual(invoice.amount_residual, 40)
        self.assertEqual(payment.amount_available_for_refund, 80)

    def test_a_refund_that_fails_later_is_undone_and_told(self):
        invoice = self._bill()
        payment = self._pay_and_settle(invoice).payment_id
        self.control.dashboard_refund(
            payment.payment_transaction_id.provider_reference, amount=2000
        )
        self._deliver("charge.refunded")
        refund = payment.payment_transaction_id.child_transaction_ids
        self.assertEqual(invoice.amount_residual, 20)
        self.control.fail_refund(refund.provider_reference)
        for _ in range(2):
            self._deliver("refund.failed")
        self.assertEqual((refund.state, refund.payment_id.state), ("error", "canceled"))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(payment.amount_available_for_refund, 120)
        self.assertIn("failed", payment.activity_ids.summary)

    def test_a_part_that_was_captured_is_booked_as_that_part(self):
        invoice = self._bill()
        tx = self._authorise(invoice)
        self.control.dashboard_capture(tx.provider_reference, amount=7000)
        for _ in range(2):
            self._deliver("payment_intent.succeeded")
        self.assertEqual(tx.state, "done")
        self.assertEqual(invoice.amount_residual, 50)
        payment = invoice._get_reconciled_payments()
        self.assertEqual(payment.amount, 70)
        payment._clinic_give_back(70, "Wrong client")
        self.assertEqual(invoice.amount_residual, 120)
        self.assertEqual(self.control.payment(tx.provider_reference)["gross"], 0)

    def _authorise_after_refusal(self, invoice):
        """Return a transaction in error whose payer has entered another card."""
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        tx, secret = self._start(invoice)
        self.browser.confirm(secret, "visa_chargeDeclined")
        self._deliver("payment_intent.payment_failed")
        self.assertEqual(tx.state, "error")
        self.browser.confirm(secret)
        return tx

    def test_a_second_card_is_authorised_after_the_first_was_refused(self):
        tx = self._authorise_after_refusal(self._bill())
        self._deliver("payment_intent.amount_capturable_updated")
        self.assertEqual(tx.state, "authorized")
        tx._capture()._post_process()
        self.assertEqual(tx.invoice_ids.amount_residual, 0)

    def test_a_part_is_booked_that_was_captured_after_a_refusal(self):
        for state in ("error", "cancel"):
            invoice = self._bill()
            tx = self._authorise_after_refusal(invoice)
            tx.sudo().state = state
            self.control.dashboard_capture(tx.provider_reference, amount=7000)
            for _ in range(2):
                self._deliver("payment_intent.succeeded")
            self.assertEqual(tx.state, "done")
            self.assertEqual(invoice._get_reconciled_payments().amount, 70)
            self.assertEqual(invoice.amount_residual, 50)

    def test_another_amount_does_not_settle_what_was_cancelled(self):
        tx = self._pay_by_card(self._bill())
        tx._set_canceled()
        tx.amount = 100
        self._deliver("payment_intent.succeeded")
        self.assertEqual(tx.state, "cancel")

    def test_a_debit_that_was_pending_at_first_is_booked_when_it_succeeds(self):
        """Core has cancelled its payment meanwhile, and never books it."""
        token, invoice = self._save_card(), self._bill()
        tx = self._create_transaction(invoice, operation="offline", token_id=token.id)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": invoice.partner_id.id,
                "amount": 120,
                "journal_id": self.provider.journal_id.id,
                "payment_token_id": token.id,
                "payment_transaction_id": tx.id,
                "invoice_ids": invoice.ids,
            }
        )
        tx.payment_id = payment
        tx._set_pending()
        payment.action_cancel()
        self.assertIn("on its way", invoice._clinic_get_payment_obstacle())
        tx._set_done()
        tx._post_process()
        self.assertEqual(invoice._get_reconciled_payments(), payment)
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_debit_that_was_pending_at_first_pays_what_was_shown(self):
        token = self._save_card()
        first, second = self._bill(80), self._bill()
        line = second._clinic_get_open_lines()
        tx = self._create_transaction(
            first | second,
            operation="offline",
            token_id=token.id,
            amount=90,
            clinic_allocation=[[line.id, 90]],
        )
        tx.payment_id = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.client.id,
                "amount": 90,
                "journal_id": self.provider.journal_id.id,
                "payment_token_id": token.id,
                "payment_transaction_id": tx.id,
            }
        )
        tx._set_pending()
        tx.payment_id.action_cancel()
        tx._set_done()
        tx._post_process()
        # Money goes to the smaller one first where nobody has said otherwise.
        self.assertEqual((first | second).mapped("amount_residual"), [80, 30])
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 0)

    def test_dinars_are_charged_with_the_decimals_that_stripe_takes(self):
        dinar = self.env.ref("base.KWD")
        dinar.active = True
        tx, _secret = self._start(
            amount=5.128, currency_id=dinar.id, partner_id=self.client.id
        )
        self.assertEqual(tx.amount, 5.12)
        sent = self._sent("POST", "payment_intents")[-1]["params"]
        self.assertEqual(str(sent["amount"]), "5120")

    def test_currencies_without_decimals_are_charged_whole(self):
        for name, amount, minor in (("JPY", 500, "500"), ("ISK", 500, "50000")):
            currency = self.env.ref(f"base.{name}")
            currency.active = True
            tx, _secret = self._start(
                amount=amount, currency_id=currency.id, partner_id=self.client.id
            )
            sent = self._sent("POST", "payment_intents")[-1]["params"]
            self.assertEqual((str(sent["amount"]), tx.amount), (minor, amount), name)

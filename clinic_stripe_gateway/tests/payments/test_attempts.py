import contextlib

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common import StripeHttpCommon

PROCESSING = "A payment of this invoice is being processed."
NOT_CLOSED = "We could not make sure that an earlier attempt to pay is closed."


@tagged("post_install", "-at_install")
class TestAttempts(StripeHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._bill()
        cls.other_invoice = cls._bill(80)

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    # === ROUTES === #

    def _try(self, invoices, amount, route="billing", **values):
        """Press "Pay"; return the transaction and the intent's secret, or the error."""
        if route == "billing":
            ids = ",".join(map(str, invoices.ids))
            path = f"/my/billing/pay/{ids}"
            page = {"invoice_ids": ids, "amount": amount}
            values["shown"] = self._read_shown("/my/billing/pay", **page)
        else:
            path = f"/invoice/transaction/{invoices.id}"
            values.setdefault("access_token", invoices._portal_ensure_token())
        result, error = self._rpc(path, **self._pay_values(amount=amount, **values))
        if error:
            return self.env["payment.transaction"], error
        reference = result["reference"]
        tx = self.env["payment.transaction"].search([("reference", "=", reference)])
        return tx, result.get("client_secret")

    def _poll(self):
        """Let the status page of the last attempt book what has been paid."""
        return self._rpc("/payment/status/poll")

    def assertRefused(self, expected, invoices, amount, **values):
        """Nothing is created, nothing is sent, and the payer is told why."""
        self.control.clear_requests()
        before = self.env["payment.transaction"].search_count([])
        for route in ("billing", "invoice"):
            if route == "invoice" and len(invoices) > 1:
                continue
            tx, error = self._try(invoices, amount, route, **values)
            self.assertFalse(tx, f"{route}: {amount} was accepted")
            self.assertRegex(error, expected, f"{route}: {amount}")
        self.assertEqual(self.env["payment.transaction"].search_count([]), before)
        self.assertFalse(self._sent())

    # === WHAT IS OWED === #

    def test_what_is_owed_can_be_paid_on_both_routes(self):
        for route in ("billing", "invoice"):
            tx, secret = self._try(self.invoice, 120, route)
            self.assertTrue(secret.startswith(tx.provider_reference))
            self.assertEqual(tx.invoice_ids, self.invoice)
            self.assertEqual((tx.amount, tx.state), (120, "draft"))
            self.assertEqual(tx.partner_id, self.client)

    def test_a_part_or_several_invoices_can_be_paid(self):
        tx, _secret = self._try(self.invoice, 50)
        self.assertEqual(tx.amount, 50)
        both = self.invoice | self.other_invoice
        tx, secret = self._try(both, 200)
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertEqual(both.mapped("amount_residual"), [0, 0])

    def test_an_amount_that_is_nothing_or_less_is_refused(self):
        for amount in (0, -5, -120, 0.0, 0.004, None, False):
            self.assertRefused("must be more than zero", self.invoice, amount)

    def test_more_than_is_owed_is_refused(self):
        for amount in (120.01, 5000, 1e9):
            self.assertRefused("120.00 is still owed", self.invoice, amount)
        both = self.invoice | self.other_invoice
        self.assertRefused("200.00 is still owed", both, 200.01)

    def test_what_has_been_paid_in_part_is_owed_for_the_rest_only(self):
        self._pay(self.invoice, 70)
        self.assertRefused("50.00 is still owed", self.invoice, 120)
        tx, _secret = self._try(self.invoice, 50)
        self.assertEqual(tx.amount, 50)

    def test_an_amount_that_is_no_number_is_refused(self):
        for amount in ("120", "NaN", [120], {"amount": 120}):
            self.assertRefused("not an amount of money", self.invoice, amount)
        for amount in (float("nan"), float("inf"), float("-inf")):
            self.assertRefused(
                "not an amount of money|still owed|more than zero", self.invoice, amount
            )

    def test_a_paid_invoice_is_refused(self):
        self._pay(self.invoice)
        self.assertRefused("already been paid", self.invoice, 120)

    def test_a_cancelled_or_drafted_invoice_is_refused(self):
        self.invoice.button_draft()
        self.assertRefused("cannot be paid|nothing to pay", self.invoice, 120)
        self.invoice.button_cancel()
        self.assertRefused("cannot be paid|nothing to pay", self.invoice, 120)

    def test_a_reversed_invoice_and_its_credit_note_are_refused(self):
        credit_note = self._credit(self.invoice)
        self.assertRefused("Nothing is owed", self.invoice, 120)
        self.assertRefused("cannot be paid|nothing to pay", credit_note, 120)

    def test_a_blocked_invoice_is_refused(self):
        self.invoice.action_toggle_block_payment()
        self.assertRefused("is on hold", self.invoice, 120)

    def test_a_payment_that_is_on_its_way_is_not_paid_again(self):
        self._create_transaction(self.invoice)._set_pending()
        self.assertRefused("on its way", self.invoice, 120)

    def test_an_invoice_is_paid_in_its_own_currency(self):
        euro = self._enable_currency("EUR")
        self.assertRefused("currency_id", self.invoice, 120, currency_id=euro.id)
        with self.assertRaisesRegex(ValidationError, "in its own currency"):
            self.invoice._clinic_start_online_payment(120, euro)
        self.assertFalse(self._sent())

    def test_an_invoice_of_somebody_else_is_refused(self):
        foreign = self._bill(patient=self.other_client)
        wrong_token = {"access_token": "made-up"}
        self.assertRefused(
            "nothing to pay|access token is invalid", foreign, 120, **wrong_token
        )
        tx, error = self._try(foreign, 120)
        self.assertFalse(tx)
        self.assertIn("nothing to pay", error)

    def test_an_invoice_of_somebody_else_is_not_paid_along(self):
        foreign = self._bill(patient=self.other_client)
        self.control.clear_requests()
        tx, error = self._try(self.invoice | foreign, 240)
        self.assertFalse(tx)
        self.assertIn("120.00 is still owed", error)
        self.assertFalse(self._sent())

    def test_the_invoices_of_an_unknown_list_are_refused(self):
        for ids in ("0", "-1", "999999999", "99999999999999", "1 or 1", "%", ";"):
            result, error = self._rpc(
                f"/my/billing/pay/{ids}", **self._pay_values(amount=120)
            )
            self.assertFalse(result)
            self.assertIn("nothing to pay", error)

    def test_overdue_invoices_are_paid_for_what_is_owed_only(self):
        (self.invoice | self.other_invoice).invoice_date_due = "2024-01-01"
        self._pay(self.invoice, 100)
        values = self._pay_values(amount=200, payment_reference="overdue")
        result, error = self._rpc("/invoice/transaction/overdue", **values)
        self.assertFalse(result)
        self.assertIn("100.00 is still owed", error)
        self.assertFalse(self._sent())

    def test_stripe_says_what_it_will_not_take_and_the_payer_reads_it(self):
        self.provider.stripe_secret_key = "sk_test_withdrawn"
        tx, secret = self._try(self.invoice, 120)
        self.assertFalse(secret)
        self.assertEqual(tx.state, "error")
        self.assertEqual(tx.state_message, "The payment provider refused the request.")

    # === ONE ATTEMPT AT A TIME === #

    def test_paying_again_closes_the_earlier_intent(self):
        first, secret = self._try(self.invoice, 120)
        second, _secret = self._try(self.invoice, 120)
        self.assertEqual((first.state, second.state), ("cancel", "draft"))
        statuses = [each["status"] for each in self.control.ledger()["payments"]]
        self.assertEqual(statuses, ["canceled", "requires_payment_method"])
        answer = self.browser.confirm(secret)
        self.assertEqual(answer["error"]["code"], "payment_intent_unexpected_state")

    def test_an_attempt_that_was_given_another_name_is_closed_as_well(self):
        first, _secret = self._try(self.invoice, 120, flow="redirect")
        self.assertTrue(first.provider_reference)
        self._try(self.invoice, 120)
        self.assertEqual(first.state, "cancel")
        statuses = [each["status"] for each in self.control.ledger()["payments"]]
        self.assertEqual(statuses, ["canceled", "requires_payment_method"])

    def test_a_method_that_is_not_offered_is_refused(self):
        methods = self.env["payment.method"].with_context(active_test=False)
        off = methods.search([("code", "=", "klarna")], limit=1)
        off.active = False
        brand = methods.search([("code", "=", "visa")], limit=1)
        self.assertTrue(off and brand)
        for number in (off.id, brand.id, 2**31 - 1, None):
            self.assertRefused(
                "not available", self.invoice, 120, payment_method_id=number
            )

    def test_a_payment_of_several_invoices_closes_those_of_each(self):
        first, _secret = self._try(self.invoice, 120)
        second, _secret = self._try(self.other_invoice, 80)
        both, _secret = self._try(self.invoice | self.other_invoice, 200)
        self.assertEqual(
            (first.state, second.state, both.state), ("cancel", "cancel", "draft")
        )

    def test_an_attempt_for_another_invoice_stays_open(self):
        first, _secret = self._try(self.invoice, 120)
        self._try(self.other_invoice, 80)
        self.assertEqual(first.state, "draft")

    def test_an_intent_that_was_paid_meanwhile_refuses_the_second_payment(self):
        first, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        for route in ("billing", "invoice"):
            tx, error = self._try(self.invoice, 120, route)
            self.assertFalse(tx)
            self.assertIn(PROCESSING, error)
        self._settle(first)
        self.assertPaidOnce(self.invoice, first)
        self.assertRefused("already been paid", self.invoice, 120)

    def test_a_payment_that_was_found_out_this_way_is_booked_soon(self):
        first, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        for _ in range(2):
            # What is noted outlives the refused request, which in a test it cannot.
            with contextlib.suppress(UserError):
                first._clinic_stripe_close_attempt()
        self.assertEqual(len(self._received()), 1)
        self._process_events()
        self.assertPaidOnce(self.invoice, first)
        self.assertRefused("already been paid", self.invoice, 120)

    def test_a_payment_that_is_not_booked_yet_is_not_paid_again(self):
        tx, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        self.env.flush_all()
        params = {"reference": tx.reference, "payment_intent": tx.provider_reference}
        self.url_open("/payment/stripe/return", params=params, allow_redirects=False)
        self.env.invalidate_all()
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self.assertRefused("on its way", self.invoice, 120)
        tx._post_process()
        self.assertPaidOnce(self.invoice, tx)

    def test_what_was_paid_in_part_can_be_paid_for_the_rest(self):
        tx, secret = self._try(self.invoice, 50)
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertEqual(self.invoice.amount_residual, 70)
        tx, secret = self._try(self.invoice, 70)
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_an_intent_that_is_being_authenticated_can_be_given_up(self):
        first, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret, "threeDSecure2Required")
        second, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        self._settle(second)
        self.assertEqual(first.state, "cancel")
        self.assertPaidOnce(self.invoice, second)

    def test_without_an_answer_nothing_is_started(self):
        first, secret = self._try(self.invoice, 120)
        fault = self.control.fault("refuse", path="/v1/payment_intents/*/cancel")
        tx, error = self._try(self.invoice, 120)
        self.assertFalse(tx)
        self.assertIn(NOT_CLOSED, error)
        self.assertEqual(first.state, "draft")
        self.control.remove_fault(fault["id"])
        tx, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertPaidOnce(self.invoice, tx)

    def test_an_answer_that_was_lost_does_not_keep_the_attempt_open(self):
        self._try(self.invoice, 120)
        self.control.fault("error_after", path="/v1/payment_intents/*/cancel", count=1)
        tx, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertPaidOnce(self.invoice, tx)

    def test_an_attempt_at_another_account_does_not_keep_the_invoice_from_being_paid(
        self,
    ):
        first, _secret = self._try(self.invoice, 120)
        self.control.add_account("moved")
        self._connect(self.env.company, "moved")
        tx, secret = self._try(self.invoice, 120)
        self.assertEqual((first.state, tx.state), ("cancel", "draft"))
        self.assertTrue(secret)

    def test_a_card_that_is_declined_can_be_followed_by_another_card(self):
        tx, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret, "visa_chargeDeclined")
        self._settle(tx)
        self.assertEqual(tx.state, "error")
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertEqual(tx.state, "done")
        self.assertPaidOnce(self.invoice, tx)

    def test_a_declined_attempt_can_be_followed_by_another_attempt(self):
        first, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret, "visa_chargeDeclined")
        self._settle(first)
        self.assertEqual(self.invoice.amount_residual, 120)
        notice = self.invoice._clinic_get_payment_notice()
        self.assertIn("did not go through. Your card was declined.", notice)
        second, second_secret = self._try(self.invoice, 120)
        answer = self.browser.confirm(secret)
        self.assertIn("error", answer, "the form of the first attempt still pays")
        self.browser.confirm(second_secret)
        self._settle(second)
        self.assertPaidOnce(self.invoice, second)

    def test_a_declined_attempt_that_succeeds_meanwhile_refuses_the_second(self):
        first, secret = self._try(self.invoice, 120)
        self.browser.confirm(secret, "visa_chargeDeclined")
        self._settle(first)
        self.browser.confirm(secret)
        tx, error = self._try(self.invoice, 120)
        self.assertFalse(tx)
        self.assertIn(PROCESSING, error)
        self._settle(first)
        self.assertPaidOnce(self.invoice, first)

    def test_many_attempts_leave_one_open(self):
        for _ in range(4):
            tx, secret = self._try(self.invoice, 120)
        payments = self.control.ledger()["payments"]
        statuses = [each["status"] for each in payments]
        self.assertEqual(statuses, ["canceled"] * 3 + ["requires_payment_method"])
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertPaidOnce(self.invoice, tx)

    # === SAVED CARDS AND THE WHOLE WAY === #

    def test_a_saved_card_pays_at_once_and_only_once(self):
        token = self._save_card()
        self.control.clear_requests()
        values = {"flow": "token", "token_id": token.id, "payment_method_id": None}
        tx, _secret = self._try(self.invoice, 120, **values)
        self.assertEqual(tx.state, "done")
        self._poll()
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertRefused("already been paid", self.invoice, 120, **values)
        captured = [each["captured"] for each in self.control.ledger()["payments"]]
        self.assertEqual(captured, [100, 12000])

    def test_a_saved_card_of_somebody_else_does_not_pay(self):
        token = self._save_card(self.other_client)
        self.assertRefused(
            "access to this payment token",
            self.invoice,
            120,
            flow="token",
            token_id=token.id,
        )

    def test_the_client_pays_and_the_pages_say_so(self):
        self.assertIn("120.00", self.url_open("/my/billing").text)
        tx, secret = self._try(self.invoice | self.other_invoice, 200)
        self.browser.confirm(secret)
        self.env.flush_all()
        params = {"reference": tx.reference, "payment_intent": tx.provider_reference}
        answer = self.url_open("/payment/stripe/return", params=params)
        self.assertEqual(answer.status_code, 200)
        status, _error = self._poll()
        self.assertEqual(status["state"], "done")
        self.assertEqual(status["landing_route"], "/my/billing")
        self.assertFalse(self.client_user._clinic_get_unpaid_count())
        services = self.invoice.invoice_line_ids.clinic_service_id
        self.assertEqual(services.mapped("state"), ["paid"])

    def test_a_visitor_without_a_login_pays_with_the_link_that_was_sent(self):
        self.authenticate(None, None)
        tx, secret = self._try(self.invoice, 120, "invoice")
        self.assertTrue(secret)
        self.assertEqual(tx.partner_id, self.client)

    def test_closing_an_attempt_tells_what_happened(self):
        tx, _secret = self._start(self.invoice)
        tx._clinic_stripe_close_attempt()
        self.assertEqual(tx.state, "cancel")
        self.assertEqual(tx.state_message, "Replaced by a newer attempt to pay.")
        paid = self._pay_by_card(self.other_invoice)
        with self.assertRaisesRegex(UserError, PROCESSING):
            paid._clinic_stripe_close_attempt()

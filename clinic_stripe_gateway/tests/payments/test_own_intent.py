from odoo.tests import tagged

from ..common import Browser, StripeHttpCommon

RETURN = "/payment/stripe/return"


@tagged("post_install", "-at_install")
class TestOwnIntent(StripeHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._bill()
        cls.other_invoice = cls._bill()

    def _come_back(self, reference, **data):
        """Open the page to which Stripe sends the payer; return the answer."""
        self.env.flush_all()
        params = {"reference": reference, **data}
        answer = self.url_open(RETURN, params=params, allow_redirects=False)
        self.env.invalidate_all()
        return answer

    def _come_back_with(self, tx, intent_id):
        answer = self._come_back(tx.reference, payment_intent=intent_id)
        self.assertEqual(answer.status_code, 303)
        self.assertURLEqual(answer.headers["Location"], "/payment/status")

    def _fetch(self, intent_id):
        return self.provider._send_api_request("GET", f"payment_intents/{intent_id}")

    def _process(self, tx, intent_id):
        data = {"reference": tx.reference, "payment_intent": self._fetch(intent_id)}
        tx._process("stripe", data)

    def _change_at_stripe(self, tx, **form):
        """Change an intent as somebody with the secret key could."""
        office = Browser(self.control.base_url, self.provider.stripe_secret_key)
        return office._post(f"payment_intents/{tx.provider_reference}", **form)

    def assertUntouched(self, tx, state="draft"):
        before = tx.provider_reference
        self.assertEqual(tx.state, state)
        self.assertEqual(tx.provider_reference, before)
        self.assertFalse(tx.payment_id)
        tx._post_process()
        self.assertEqual(tx.invoice_ids.amount_residual, 120)

    # === ITS OWN === #

    def test_its_own_intent_settles_a_transaction(self):
        tx = self._pay_by_card(self.invoice)
        self._come_back_with(tx, tx.provider_reference)
        self.assertEqual(tx.state, "done")
        tx._post_process()
        self.assertPaidOnce(self.invoice, tx)

    def test_coming_back_twice_changes_nothing_more(self):
        tx = self._pay_by_card(self.invoice)
        for _ in range(3):
            self._come_back_with(tx, tx.provider_reference)
            tx._post_process()
        self.assertPaidOnce(self.invoice, tx)

    def test_its_own_declined_intent_explains_the_decline(self):
        tx = self._pay_by_card(self.invoice, "visa_chargeDeclinedInsufficientFunds")
        self._come_back_with(tx, tx.provider_reference)
        self.assertUntouched(tx, "error")
        self.assertEqual(tx.state_message, "Your card has insufficient funds.")

    def test_an_intent_that_waits_for_the_bank_settles_nothing_yet(self):
        tx = self._pay_by_card(self.invoice, "threeDSecure2Required")
        self._come_back_with(tx, tx.provider_reference)
        self.assertUntouched(tx)
        self.control.authenticate(tx.provider_reference)
        self._come_back_with(tx, tx.provider_reference)
        self.assertEqual(tx.state, "done")

    def test_its_own_setup_intent_saves_the_card(self):
        tx, secret = self._start(
            amount=0, operation="validation", reference="save", tokenize=True
        )
        self.browser.confirm(secret)
        self._come_back(tx.reference, setup_intent=tx.provider_reference)
        self.assertEqual(tx.state, "done")
        self.assertEqual(tx.token_id.payment_details, "4242")

    def test_a_provider_that_does_not_answer_leaves_everything_as_it_is(self):
        tx = self._pay_by_card(self.invoice)
        self.control.fault("refuse", path="/v1/payment_intents/*")
        with self.assertLogs("odoo.addons.payment_stripe", "ERROR"):
            self._come_back_with(tx, tx.provider_reference)
        self.assertUntouched(tx)

    # === SOMEBODY ELSE'S === #

    def test_the_intent_of_another_payment_of_the_same_amount_changes_nothing(self):
        paid = self._pay_by_card(self.invoice)
        tx, _secret = self._start(self.other_invoice)
        own_intent = tx.provider_reference
        for settle in (self._come_back_with, self._process):
            with self.assertLogs("odoo.addons.clinic_stripe_gateway", "WARNING"):
                settle(tx, paid.provider_reference)
            self.assertUntouched(tx)
            self.assertEqual(tx.provider_reference, own_intent)

    def test_it_changes_nothing_when_there_is_no_intent_to_compare_with(self):
        paid = self._pay_by_card(self.invoice)
        tx = self._create_transaction(self.other_invoice)
        for settle in (self._come_back_with, self._process):
            settle(tx, paid.provider_reference)
            self.assertUntouched(tx)
            self.assertFalse(tx.provider_reference)

    def test_it_changes_nothing_after_a_decline(self):
        paid = self._pay_by_card(self.invoice)
        tx = self._pay_and_settle(self.other_invoice, "visa_chargeDeclined")
        for settle in (self._come_back_with, self._process):
            settle(tx, paid.provider_reference)
            self.assertUntouched(tx, "error")

    def test_an_intent_that_bears_the_same_reference_changes_nothing(self):
        tx, _secret = self._start(self.invoice)
        copy = self.provider._send_api_request(
            "POST",
            "payment_intents",
            data={
                "amount": 12000,
                "currency": "usd",
                "description": tx.reference,
                "confirm": True,
                "payment_method": "pm_card_visa",
            },
        )
        self.assertEqual(copy["status"], "succeeded")
        for settle in (self._come_back_with, self._process):
            settle(tx, copy["id"])
            self.assertUntouched(tx)

    def test_the_setup_intent_of_somebody_else_saves_no_card(self):
        values = {"amount": 0, "operation": "validation", "tokenize": True}
        other, secret = self._start(reference="theirs", **values)
        self.browser.confirm(secret)
        tx, _secret = self._start(reference="mine", **values)
        self._come_back(tx.reference, setup_intent=other.provider_reference)
        self.assertEqual(tx.state, "draft")
        self.assertFalse(tx.token_id)

    def test_the_refund_of_another_payment_settles_no_refund(self):
        tx = self._pay_and_settle(self.invoice)
        other = self._pay_and_settle(self.other_invoice)
        refund = other._refund(10)
        foreign = self.provider._send_api_request(
            "GET", f"refunds/{refund.provider_reference}"
        )
        child = tx._create_child_transaction(10, is_refund=True)
        child._process("stripe", {"refund": foreign})
        self.assertEqual(child.state, "draft")
        self.assertFalse(child.provider_reference)

    # === ANOTHER AMOUNT === #

    def test_an_intent_of_another_amount_or_currency_pays_nothing(self):
        for form in ({"amount": 100}, {"currency": "eur"}, {"amount": 12001}):
            tx, secret = self._start(self.invoice)
            self._change_at_stripe(tx, **form)
            self.browser.confirm(secret)
            for settle in (self._come_back_with, self._process):
                settle(tx, tx.provider_reference)
                self.assertUntouched(tx, "error")

    def test_after_a_decline_it_pays_nothing_either(self):
        for form in ({"amount": 100}, {"currency": "eur"}):
            tx, secret = self._start(self.invoice)
            self.browser.confirm(secret, "visa_chargeDeclined")
            self._come_back_with(tx, tx.provider_reference)
            self.assertEqual(tx.state, "error")
            self._change_at_stripe(tx, **form)
            self.browser.confirm(secret)
            for settle in (self._come_back_with, self._process):
                settle(tx, tx.provider_reference)
                self.assertUntouched(tx, "error")

    # === ADDRESSES THAT SOMEBODY MADE UP === #

    def assertNotFound(self, reference, **data):
        self.control.clear_requests()
        answer = self._come_back(reference, **data)
        self.assertEqual(answer.status_code, 404, data)
        self.assertFalse(self._sent(), data)

    def test_an_unknown_reference_is_not_found(self):
        intent = self._pay_by_card(self.invoice).provider_reference
        for reference in ("", "unknown", "%", self.invoice.name):
            self.assertNotFound(reference, payment_intent=intent)
        self.env.flush_all()
        answer = self.url_open(RETURN, params={"payment_intent": intent})
        self.assertEqual(answer.status_code, 404)

    def test_an_address_that_names_no_intent_is_not_found(self):
        tx, _secret = self._start(self.invoice)
        for trick in (
            "",
            "pi_1?x",
            "pi_1#x",
            "pi_1/../../customers",
            "pi_x/..",
            "../customers",
            "pi_1%2F..",
            "pi_1\n",
            "pi_",
            "pi_\N{SNOWMAN}",
            "ch_1",
            "cus_1",
            "re_1",
            "seti_1",
        ):
            self.assertNotFound(tx.reference, payment_intent=trick)
        self.assertNotFound(tx.reference)
        self.assertUntouched(tx)

    def test_one_parameter_does_not_vouch_for_the_other(self):
        tx, _secret = self._start(self.invoice)
        card, _secret = self._start(amount=0, operation="validation", reference="save")
        trick = f"../payment_intents/{tx.provider_reference}"
        self.assertNotFound(tx.reference, payment_intent="", setup_intent="seti_1")
        self.assertNotFound(tx.reference, setup_intent="seti_1")
        self.assertNotFound(card.reference, payment_intent="pi_1", setup_intent=trick)
        self.assertNotFound(card.reference, payment_intent="pi_1")
        self.assertNotFound(card.reference, setup_intent="pi_1")

    def test_nobody_comes_back_from_a_refund(self):
        tx = self._pay_and_settle(self.invoice)
        refund = tx._refund(10)
        intent = tx.provider_reference
        self.assertNotFound(refund.reference, payment_intent=intent)
        self.assertNotFound(refund.reference, payment_intent=intent, refund="x")
        self.assertNotFound(
            "",
            payment_intent=intent,
            event_type="charge.refund.updated",
            object_id=refund.provider_reference,
        )
        self.assertEqual(refund.state, "done")

    # === CHILDREN === #

    def test_refunds_still_work(self):
        tx = self._pay_and_settle(self.invoice)
        refunds = tx._refund(50) | tx._refund(70)
        self.assertEqual(refunds.mapped("state"), ["done", "done"])
        self.assertEqual(self.control.payment(tx.provider_reference)["refunded"], 12000)

    def test_captures_and_voids_still_work(self):
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        tx = self._pay_and_settle(self.invoice)
        self.assertEqual(tx.state, "authorized")
        capture = tx._capture()
        self.assertEqual((capture.state, tx.state), ("done", "done"))
        capture._post_process()
        self.assertPaidOnce(self.invoice, capture)
        refund = capture._refund(20)
        self.assertEqual(refund.state, "done")
        other = self._pay_and_settle(self.other_invoice)
        void = other._void()
        self.assertEqual((void.state, other.state), ("cancel", "cancel"))
        self.assertEqual(self.other_invoice.amount_residual, 120)

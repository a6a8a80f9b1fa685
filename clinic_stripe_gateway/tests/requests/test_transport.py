from psycopg2.errors import SerializationFailure

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY

from ... import const
from ..common import CORE_VERSION, StripeGatewayCommon

# What may not be read by somebody who pays.
INTERNAL = ("sk_test", "pk_test", "whsec", "API Key", "No such", "req_", "cus_", "http")


@tagged("post_install", "-at_install")
class TestTransport(StripeGatewayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._bill()

    def _send(self, method="POST", endpoint="payment_intents", user=None, **payload):
        provider = self.provider.with_user(user or self.env.user).sudo()
        return provider._send_api_request(method, endpoint, **payload)

    def _refuse(self, user=None, **payload):
        """Return the text with which a request is refused."""
        with self.assertRaises(ValidationError) as refusal:
            self._send(user=user, **payload)
        return str(refusal.exception)

    def _only_request(self, **where):
        (request,) = self._sent(**where)
        return request

    # === SHAPES === #

    def test_a_dictionary_arrives_as_core_means_it(self):
        answer = self._send(
            data={
                "amount": 500,
                "currency": "usd",
                "payment_method_types[]": "card",
                "expand[]": "payment_method",
                "confirm": False,
                "mandate": None,
            }
        )
        request = self._only_request()
        self.assertEqual(
            request["params"],
            {
                "amount": "500",
                "currency": "usd",
                "payment_method_types": ["card"],
                "expand": ["payment_method"],
                "confirm": "false",
            },
        )
        self.assertEqual(request["version"], CORE_VERSION)
        self.assertEqual(answer["amount"], 500)
        self.assertEqual(answer["charges"]["data"], [])

    def test_a_list_of_pairs_arrives_as_the_point_of_sale_means_it(self):
        self._send(
            data=[
                ("currency", "CAD"),
                ("amount", 700),
                ("payment_method_types[]", "card_present"),
                ("capture_method", "manual"),
                ("payment_method_types[]", "interac_present"),
                ("payment_method_options[card_present][capture_method]", "manual"),
            ]
        )
        self.assertEqual(
            self._only_request()["params"],
            {
                "currency": "CAD",
                "amount": "700",
                "payment_method_types": ["card_present", "interac_present"],
                "capture_method": "manual",
                "payment_method_options": {
                    "card_present": {"capture_method": "manual"}
                },
            },
        )

    def test_a_request_without_payload_arrives(self):
        answer = self._send(endpoint="terminal/connection_tokens")
        self.assertTrue(answer["secret"])
        self.assertEqual(self._only_request()["params"], {})

    def test_a_list_under_one_key_arrives_whole(self):
        self.provider.stripe_webhook_secret = False
        self.provider.action_stripe_create_webhook()
        request = self._only_request(endpoint="webhook_endpoints")
        self.assertIn("charge.refunded", request["params"]["enabled_events"])
        self.assertEqual(request["params"]["api_version"], CORE_VERSION)
        self.assertTrue(self.provider.stripe_webhook_secret.startswith("whsec_"))

    def test_reading_asks_for_the_objects_that_core_wants(self):
        tx = self._pay_by_card(self.invoice)
        for place in ("data", "params"):
            intent = self._send(
                "GET",
                f"payment_intents/{tx.provider_reference}",
                **{place: {"expand[]": "payment_method"}},
            )
            self.assertEqual(intent["payment_method"]["card"]["brand"], "visa")
            self.assertEqual(intent["charges"]["data"][0]["amount"], 12000)

    def test_each_request_goes_out_with_the_version_that_it_was_written_for(self):
        self._start(self.invoice)
        versions = {each["path"]: each["version"] for each in self._sent()}
        self.assertEqual(
            versions,
            {
                "/v1/account": const.API_VERSION,
                "/v1/customers": const.API_VERSION,
                "/v1/payment_intents": CORE_VERSION,
            },
        )

    # === REPETITION === #

    def test_everything_that_changes_something_can_be_repeated_without_harm(self):
        self.provider.capture_manually = False
        tx = self._pay_and_settle(self.invoice, tokenize=True)
        tx._refund(10)
        tx._refund(10)
        self._start(amount=5, operation="validation", reference="card")
        self._start(self._bill())[0]._clinic_stripe_close_attempt()
        keys = [each["idempotency_key"] for each in self._sent("POST")]
        self.assertGreater(len(keys), 6)
        self.assertTrue(all(keys))
        self.assertEqual(len(set(keys)), len(keys), "two requests share a key")

    def _run_again(self, function):
        """Run twice what the database undoes once; return the POSTs of both runs."""
        self.control.clear_requests()
        with self.assertRaises(SerializationFailure), self.env.cr.savepoint():
            function()
            raise SerializationFailure
        first = self._sent("POST")
        function()
        second = self._sent("POST")[len(first) :]
        self.assertEqual(
            [(each["path"], each["idempotency_key"]) for each in first],
            [(each["path"], each["idempotency_key"]) for each in second],
        )
        self.assertEqual([each["raw"] for each in first], [e["raw"] for e in second])
        self.assertTrue(all(each["replayed"] for each in second))
        return second

    def test_a_payment_that_is_started_again_is_the_same_payment(self):
        self._run_again(lambda: self._start(self.invoice))
        self.assertEqual(len(self.control.ledger()["payments"]), 1)

    def test_a_saved_card_is_charged_once_when_the_charge_is_run_again(self):
        token = self._save_card()
        self._run_again(
            lambda: self._create_transaction(
                self.invoice, operation="online_token", token_id=token.id
            )._charge_with_token()
        )
        captured = [each["captured"] for each in self.control.ledger()["payments"]]
        self.assertEqual(captured, [100, 12000])

    def test_a_refund_that_is_run_again_is_the_same_refund(self):
        tx = self._pay_and_settle(self.invoice)
        self._run_again(lambda: tx._refund(50))
        (payment,) = self.control.ledger()["payments"]
        self.assertEqual(payment["refunded"], 5000)

    def test_captures_and_voids_that_are_run_again_happen_once(self):
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        captured = self._pay_and_settle(self.invoice)
        self._run_again(lambda: captured._capture())
        voided = self._pay_and_settle(self._bill())
        self._run_again(lambda: voided._void())
        payments = self.control.ledger()["payments"]
        self.assertEqual([each["captured"] for each in payments], [12000, 0])
        self.assertEqual(payments[1]["status"], "canceled")

    def test_a_card_that_is_saved_again_is_the_same_intent(self):
        self._run_again(
            lambda: self._start(
                amount=0, operation="validation", reference="save a card"
            )
        )
        self.assertEqual(len(self.control.objects("setup_intent")), 1)

    def test_two_refunds_of_the_same_amount_are_two_refunds(self):
        tx = self._pay_and_settle(self.invoice)
        tx._refund(30)
        tx._refund(30)
        (payment,) = self.control.ledger()["payments"]
        self.assertEqual(payment["refunded"], 6000)

    def test_an_answer_that_was_lost_is_asked_for_again(self):
        self.control.fault("lost_answer", path="/v1/payment_intents", count=1)
        tx, client_secret = self._start(self.invoice)
        self.assertEqual(tx.state, "draft")
        self.assertTrue(client_secret)
        self.assertEqual(len(self.control.ledger()["payments"]), 1)

    # === ERRORS === #

    def _read_by_everybody(self, expected, fault=None, **payload):
        """Compare what each kind of user reads when a request fails."""
        readers = (self.client_user, self.front_desk, self.biller, self.manager)
        for user in (*readers, self.env.ref("base.public_user")):
            if fault:
                fault()
            text = self._refuse(user, **payload)
            self.assertEqual(text, expected)
            for word in INTERNAL:
                self.assertNotIn(word, text)

    def test_a_broken_connection_is_told_without_details(self):
        self.control.fault("refuse", path="/v1/*")
        self._read_by_everybody(
            "Could not establish the connection to Stripe.",
            endpoint="terminal/connection_tokens",
        )

    def test_an_error_of_stripes_own_is_told_without_details(self):
        self.control.fault("error_before", path="/v1/*")
        self._read_by_everybody(
            "Could not establish the connection to Stripe.",
            endpoint="terminal/connection_tokens",
        )

    def test_a_refusal_is_told_without_details(self):
        self._read_by_everybody(
            "The payment provider refused the request.",
            data={"amount": 100, "currency": "usd", "customer": "cus_of_nobody"},
        )

    def test_a_key_that_does_not_work_is_told_without_details(self):
        self.provider.stripe_secret_key = "sk_test_withdrawn"
        self._read_by_everybody(
            "The payment provider refused the request.",
            endpoint="terminal/connection_tokens",
        )

    def test_a_missing_key_is_told_without_details(self):
        self.provider.write({"state": "disabled", "stripe_secret_key": False})
        self._read_by_everybody(
            "The payment provider refused the request.",
            endpoint="terminal/connection_tokens",
        )
        self.assertFalse(self._sent())

    def test_a_decline_is_told_in_the_banks_words(self):
        for card, text in (
            ("chargeDeclined", "Your card was declined."),
            (
                "chargeDeclinedInsufficientFunds",
                "Your card has insufficient funds.",
            ),
        ):
            self._read_by_everybody(
                text,
                data={
                    "amount": 100,
                    "currency": "usd",
                    "confirm": True,
                    "payment_method": f"pm_card_visa_{card}",
                },
            )

    def test_an_administrator_reads_why_a_request_was_refused(self):
        admin = new_test_user(self.env, "stripe_admin", "base.group_system")
        text = self._refuse(
            admin, data={"amount": 100, "currency": "usd", "customer": "cus_nobody"}
        )
        self.assertIn("No such customer: 'cus_nobody'", text)
        self.assertNotIn(SECRET_KEY, text)

    def test_a_saved_card_that_is_declined_explains_itself_on_the_transaction(self):
        token = self._save_card(card="chargeCustomerFail")
        self.assertFalse(token, "it cannot be paid with, so it is not saved")
        token = self._save_card()
        token.stripe_payment_method = self._decline_later(token)
        tx = self._create_transaction(
            self.invoice, operation="online_token", token_id=token.id
        )
        tx._charge_with_token()
        self.assertEqual(tx.state, "error")
        self.assertEqual(tx.state_message, "Your card was declined.")
        self.assertEqual(self.invoice.amount_residual, 120)

    def _decline_later(self, token):
        """Return a payment method of the same customer whose charges are declined."""
        intent = self._send(
            endpoint="setup_intents",
            data={"customer": token.provider_ref, "payment_method_types[]": "card"},
        )
        answer = self.browser.confirm(intent["client_secret"], "chargeCustomerFail")
        return answer["payment_method"]

    # === WHAT IS REFUSED AND WHAT IS LEFT ALONE === #

    def test_nothing_is_sent_to_an_endpoint_that_is_not_listed(self):
        for endpoint in ("invoices", "tokens", "customers/cus_1", "payment_intents/x"):
            text = self._refuse(self.client_user, endpoint=endpoint, data={"name": "C"})
            self.assertEqual(text, "The payment provider refused the request.")
        self.assertFalse(self._sent())

    def test_core_transport_is_used_when_the_switch_is_off(self):
        for value in ("False", "0", "false"):
            self._set_parameter(const.PARAM_USE_SDK, value)
            self._send(data={"amount": 500, "currency": "usd"})
        for request in self._sent():
            self.assertIn("python-requests", request["headers"]["user-agent"])
            self.assertEqual(request["version"], CORE_VERSION)
            self.assertEqual(request["key_prefix"], SECRET_KEY[:8])
        self._set_parameter(const.PARAM_USE_SDK, "True")
        self._send(data={"amount": 500, "currency": "usd"})
        self.assertIn("Stripe/v1", self._sent()[-1]["headers"]["user-agent"])

    def test_core_transport_sends_only_what_may_leave(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        self._send(
            data={
                "amount": 500,
                "currency": "usd",
                "payment_method_types[]": "card",
                "receipt_email": "clara@example.com",
                "shipping[name]": "Clara Client",
            }
        )
        self._send(
            data=[
                ("amount", 500),
                ("currency", "cad"),
                ("payment_method_types[]", "card"),
                ("payment_method_types[]", "sepa_debit"),
                ("metadata[patient]", "Clara Client"),
            ]
        )
        first, second = (each["params"] for each in self._sent())
        self.assertEqual(set(first), {"amount", "currency", "payment_method_types"})
        self.assertEqual(set(second), {"amount", "currency", "payment_method_types"})
        self.assertEqual(second["payment_method_types"], ["card", "sepa_debit"])

    def test_core_transport_sends_nothing_to_an_endpoint_that_is_not_listed(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        text = self._refuse(self.client_user, endpoint="tokens", data={"name": "C"})
        self.assertEqual(text, "The payment provider refused the request.")
        self.assertFalse(self._sent())

    def test_a_payment_works_when_the_switch_is_off(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        tx = self._pay_and_settle(self.invoice)
        tx._refund(20)
        self.assertPaidOnce(self.invoice, tx)
        keys = [
            each["idempotency_key"]
            for each in self._sent("POST")
            if each["path"] in ("/v1/payment_intents", "/v1/refunds")
        ]
        self.assertEqual(len(set(filter(None, keys))), 2)

    def test_core_proxy_for_onboarding_is_left_alone(self):
        # Tests let nothing out to Odoo's own server: Core's text says who tried.
        with self.assertRaisesRegex(ValidationError, "to the payment provider"):
            self._send(endpoint="accounts", json={"email": "a"}, is_proxy_request=True)
        self.assertFalse(self._sent())

    def test_other_providers_keep_their_own_way(self):
        other = self.env["payment.provider"].create({"name": "Other", "code": "none"})
        self.assertEqual(other._build_request_url("payments"), "")
        with self.assertRaisesRegex(Exception, "Invalid URL ''"):
            other._send_api_request("POST", "customers", data={"name": "Clara"})
        self.assertFalse(self._sent())

    def test_the_publishable_key_is_all_that_the_browser_gets(self):
        tx = self._create_transaction(self.invoice)
        values = str(tx._get_processing_values())
        self.assertNotIn(SECRET_KEY, values)
        self.assertEqual(self.provider._stripe_get_publishable_key(), PUBLISHABLE_KEY)

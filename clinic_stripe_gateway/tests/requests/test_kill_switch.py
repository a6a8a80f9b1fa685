import json
from contextlib import contextmanager

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import StripeEventCommon

CORE = "odoo.addons.payment_stripe.controllers.main"


@tagged("post_install", "-at_install")
class TestKillSwitch(StripeEventCommon):
    """Core processes messages again, but still no unsigned one."""

    def setUp(self):
        super().setUp()
        self._set_parameter("clinic_stripe_gateway.use_sdk", "False")

    def _message_for_core(self):
        """Return a payment, and the message about it in Core's version."""
        self._listen(self.provider, api_version="2019-05-16")
        return self._paid_message()

    @contextmanager
    def _secret(self, secret):
        known = self.provider.stripe_webhook_secret
        self.provider.stripe_webhook_secret = secret
        yield
        self.provider.stripe_webhook_secret = known

    def assertRefused(self, body, signature, tx):
        self.assertEqual(self._post(body, signature), 403)
        self.assertNothingDone(tx)

    @mute_logger(CORE)
    def test_a_signed_message_is_processed_at_once(self):
        tx, body, signature = self._message_for_core()
        self.assertEqual(self._post(body, signature), 200)
        self.assertFalse(self._received())
        self.assertEqual(tx.state, "done")
        tx._post_process()
        self.assertPaidAndKnown(tx)

    @mute_logger(CORE)
    def test_an_unsigned_message_is_refused(self):
        tx, body, _signature = self._message_for_core()
        for header in (
            None,
            "",
            "t=1",
            "v1",
            "t=now,v1=abc",
            "=,=",
            "a=b=c",
            "t=1,v1=",
        ):
            self.assertRefused(body, header, tx)
        self.assertRefused(body, self._sign(body, age=305), tx)
        self.assertRefused(body, self._sign(body, "whsec_of_somebody_else"), tx)

    @mute_logger(CORE)
    def test_without_a_secret_nothing_is_believed(self):
        tx, body, signature = self._message_for_core()
        for secret in (False, "", " "):
            with self._secret(secret):
                self.assertRefused(body, signature, tx)
                self.assertRefused(body, None, tx)

    @mute_logger(CORE)
    def test_a_body_that_core_cannot_read_is_refused(self):
        tx, body, signature = self._message_for_core()
        event = json.loads(body)
        nameless = {**event, "data": {"object": {}}}
        odd = {**event, "data": {"object": {"id": "pi_1", "description": ["x"]}}}
        for each in (b"", b"{", b"[]", b"\xff", json.dumps(nameless).encode()):
            self.assertRefused(each, signature, tx)
        self.assertRefused(json.dumps(odd).encode(), signature, tx)

    @mute_logger(CORE)
    def test_a_message_about_nothing_of_ours_is_acknowledged(self):
        tx, body, _signature = self._message_for_core()
        event = json.loads(body)
        event["data"]["object"]["description"] = "somebody else's"
        other = json.dumps(event).encode()
        self.assertEqual(self._post(other, self._sign(other)), 200)
        self.assertNothingDone(tx)

    def test_a_return_for_no_transaction_finds_nothing(self):
        for query in ("", "?reference=", "?reference=unknown&payment_intent=pi_1"):
            answer = self.url_open(f"/payment/stripe/return{query}")
            self.assertEqual(answer.status_code, 404, query)

    def test_the_payer_comes_back_as_before(self):
        tx = self._pay_by_card(self.invoice)
        self._come_back(tx)
        self.assertEqual(tx.state, "done")

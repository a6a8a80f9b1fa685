import logging
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.payment.models.payment_provider import PaymentProvider

from ... import const
from ...adapter import allow_list
from ..common import CORE_VERSION
from .common_privacy import MARK, PrivacyCommon, every_level


@tagged("post_install", "-at_install")
class TestPrivacy(PrivacyCommon):
    def assertEverythingHappened(self):
        """What was watched is the whole of what a practice does."""
        self.assertEqual(self.invoices[1:].mapped("amount_residual"), [0] * 4)
        # A part of it was given back.
        self.assertGreater(self.invoices[0].amount_residual, 0)
        totals = self.control.ledger()["totals"]["usd"]
        self.assertEqual((totals["captured"], totals["refunded"]), (33100, 3000))
        sent = {each["path"].split("/")[2] for each in self._sent("POST")}
        self.assertEqual(
            sent, {"customers", "payment_intents", "refunds", "setup_intents"}
        )

    def test_nothing_personal_leaves_whatever_happens(self):
        watched = self._watch()
        self.assertEverythingHappened()
        self.assertEqual(set(self._received().mapped("state")), {"done"})
        self.assertNothingPersonal(watched)

    def test_nothing_personal_leaves_through_core_transport_either(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        # Core reads events of its own version, and processes them at once.
        self._listen(self.provider, api_version=CORE_VERSION)
        watched = self._watch()
        self.assertEverythingHappened()
        self.assertFalse(self._received())
        del watched["the inbox"]
        self.assertNothingPersonal(watched)

    def test_without_the_allow_list_something_would_be_found(self):
        with patch.object(allow_list, "_is_allowed", return_value=True):
            watched = self._watch()
        self.assertTrue(self._find(watched["Stripe"], MARK))
        with self.assertRaises(AssertionError):
            self.assertNothingPersonal(watched)

    def test_a_message_is_not_written_down_whoever_sent_it(self):
        payer = {"name": "Clara MARKNAME", "client_secret": "pi_1_secret_MARKNAME"}
        self.control.emit(
            "payment_intent.succeeded", {"id": "pi_1", "billing_details": payer}
        )
        self.control.emit("customer.updated", {"id": "cus_1", **payer})
        with every_level(), self.assertLogs(level="DEBUG") as logs:
            for kind in ("customer.updated", "payment_intent.succeeded"):
                body, signature = self._message(kind)
                self.assertIn(b"MARKNAME", body)
                self.assertEqual(self._post(body, "t=1,v1=abc"), 403)
                self.assertEqual(self._post(body, signature), 200)
            self._process_events()
        self.assertEqual(self._received().mapped("state"), ["failed", "ignored"])
        self.assertFalse(self._find(logs.output, MARK))
        self.assertFalse(self._find([str(self._received().read())], MARK))

    def test_what_core_logs_would_be_found(self):
        with every_level(), self.assertLogs(level="DEBUG") as logs:
            PaymentProvider._log_request(
                self.provider, "POST", "customers", {"name": self.client.name}
            )
            logging.getLogger("odoo.addons.clinic_stripe_gateway").debug("MARKNAME 2")
            logging.getLogger("urllib3.connectionpool").debug("MARKNAME 3")
        self.assertEqual(len(self._find(logs.output, MARK)), 3)

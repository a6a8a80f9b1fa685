import json
import logging
from urllib.parse import unquote_plus

from odoo.tests import tagged

from .common_flows import FlowsCommon
from .common_privacy import MARK, every_level


@tagged("post_install", "-at_install")
class TestPrivacyFlows(FlowsCommon):
    """Whatever anybody does, nothing personal is sent, logged or kept of messages."""

    def _texts(self, requests):
        """Return every byte of requests, as it was sent and as it is meant."""
        return [
            text
            for each in requests
            for text in (
                json.dumps(each),
                each["raw"],
                unquote_plus(each["raw"]),
                unquote_plus(each["path"] + "?" + each["query"]),
            )
        ]

    def test_everything_was_done(self):
        """What is not done is not watched."""
        paths = {
            (each["method"], "/".join(each["path"].split("/")[2:3]))
            for each in self._recording().requests
        }
        done = {
            ("POST", "customers"),
            ("POST", "payment_intents"),
            ("POST", "payment_methods"),
            ("POST", "refunds"),
            ("POST", "setup_intents"),
            ("POST", "webhook_endpoints"),
            ("GET", "account"),
            ("GET", "charges"),
            ("GET", "disputes"),
            ("GET", "events"),
            ("GET", "payment_intents"),
            ("GET", "refunds"),
            ("GET", "webhook_endpoints"),
        }
        self.assertFalse(done - paths)

    def test_nothing_personal_is_sent(self):
        recording = self._recording()
        texts = self._texts(recording.requests)
        self.assertFalse(self._find(texts, MARK, *recording.names))

    def test_nothing_personal_is_logged(self):
        recording = self._recording()
        self.assertFalse(self._find(recording.lines, MARK, *recording.names))
        self.assertFalse(self._find(recording.lines, *self._secrets(), "_secret_"))

    def test_nothing_personal_is_kept_of_messages(self):
        recording = self._recording()
        self.assertFalse(self._find(recording.inbox, MARK, *recording.names))

    def test_what_is_sent_or_logged_on_purpose_is_found(self):
        self.browser._post("payment_methods", **{"billing_details[name]": MARK})
        sent = self.control.requests(path="/v1/payment_methods")
        self.assertTrue(self._find(self._texts(sent), MARK))
        with every_level(), self.assertLogs(level="DEBUG") as logs:
            logging.getLogger("odoo.addons.clinic_stripe_gateway").debug(MARK)
        self.assertTrue(self._find(logs.output, MARK))

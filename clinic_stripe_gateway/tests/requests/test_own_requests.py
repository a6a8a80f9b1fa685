from odoo.tests import tagged

from workbench.emulator import SECRET_KEY

from ... import const
from ...adapter import StripeGateway
from ..common import CORE_VERSION
from ..privacy.common_flows import FlowsCommon
from .common_param_types import complaints, endpoint_of

# What the gateway builds itself, for its own version, and the SDK's type of it.
OWN = {
    "GET account": "AccountRetrieveCurrentParams",
    "GET charges": "ChargeListParams",
    "GET customers/*": "CustomerRetrieveParams",
    "GET disputes": "DisputeListParams",
    "GET disputes/*": "DisputeRetrieveParams",
    "GET events": "EventListParams",
    "GET payment_intents/*": "PaymentIntentRetrieveParams",
    "GET payment_methods/*": "PaymentMethodRetrieveParams",
    "GET radar/early_fraud_warnings/*": "radar.EarlyFraudWarningRetrieveParams",
    "GET refunds": "RefundListParams",
    "GET refunds/*": "RefundRetrieveParams",
    "GET setup_intents/*": "SetupIntentRetrieveParams",
    "GET webhook_endpoints": "WebhookEndpointListParams",
    "DELETE webhook_endpoints/*": "WebhookEndpointDeleteParams",
    "POST customers": "CustomerCreateParams",
    "POST payment_intents/*/cancel": "PaymentIntentCancelParams",
    "POST payment_methods/*/detach": "PaymentMethodDetachParams",
    "POST setup_intents": "SetupIntentCreateParams",
    "POST setup_intents/*/cancel": "SetupIntentCancelParams",
    "POST webhook_endpoints/*": "WebhookEndpointUpdateParams",
}
# What Core builds, or what is read for it: the answers have to be in its version.
OF_CORE = {
    "GET charges/*",
    "GET payment_intents",
    "GET payment_intents/*",
    "GET payment_methods",
    "GET payment_methods/*",
    "GET refunds",
    "GET refunds/*",
    "GET setup_intents/*",
    "POST payment_intents",
    "POST payment_intents/*/cancel",
    "POST payment_intents/*/capture",
    "POST refunds",
    "POST setup_intents",
    "POST webhook_endpoints",
}
TYPES = {
    **OWN,
    "GET charges/*": "ChargeRetrieveParams",
    "GET payment_intents": "PaymentIntentListParams",
    "GET payment_methods": "PaymentMethodListParams",
}


def faults(request):
    """Return what is wrong with a request that was recorded."""
    endpoint, version = endpoint_of(request), request["version"]
    if version not in (CORE_VERSION, const.API_VERSION):
        return [f"{endpoint} went out for version {version}"]
    if version == CORE_VERSION and endpoint not in OF_CORE:
        return [f"{endpoint} went out as Core's"]
    if version == const.API_VERSION and endpoint not in OWN:
        return [f"{endpoint} went out as our own"]
    # What is read for Core may be asked by us; the rest is built by Core.
    is_built_by_core = version == CORE_VERSION and request["method"] != "GET"
    if is_built_by_core or endpoint not in TYPES:
        return []
    return complaints(TYPES[endpoint], request["params"])


@tagged("post_install", "-at_install")
class TestOwnRequests(FlowsCommon):
    """What is built here is what Stripe's own types allow, in the version of it."""

    def test_every_request_is_valid_and_of_the_version_that_it_was_written_for(self):
        requests = self._recording().requests
        found = {fault for request in requests for fault in faults(request)}
        self.assertFalse(found)

    def test_both_kinds_of_requests_were_made(self):
        requests = self._recording().requests
        by_version = {
            version: {endpoint_of(r) for r in requests if r["version"] == version}
            for version in (const.API_VERSION, CORE_VERSION)
        }
        self.assertFalse(OWN.keys() - by_version[const.API_VERSION])
        self.assertLessEqual(
            {"POST payment_intents", "POST refunds"}, by_version[CORE_VERSION]
        )

    # === THE JUDGE === #

    def _judge(self, endpoint, version=const.API_VERSION, **params):
        method, path = endpoint.split()
        request = {"method": method, "path": f"/v1/{path}", "version": version}
        return faults({**request, "params": params})

    def test_what_fits_is_accepted(self):
        self.assertFalse(self._judge("POST customers", metadata={"reference": "x"}))
        self.assertFalse(self._judge("GET charges", created={"gte": "1"}, limit="5"))
        self.assertFalse(self._judge("GET charges", created="1", expand=["data"]))

    def test_what_does_not_fit_is_found(self):
        for endpoint, params in (
            ("POST customers", {"nickname": "x"}),
            ("POST customers", {"metadata": "x"}),
            ("POST setup_intents", {"payment_method_types": ["card"]}),
            ("POST setup_intents", {"confirm": "yes"}),
            ("POST setup_intents", {"usage": "now_and_then"}),
            ("GET charges", {"limit": "many"}),
            ("GET charges", {"created": {"since": "1"}}),
            ("GET charges", {"expand": "data"}),
            ("POST payment_intents/pi_1/cancel", {"cancellation_reason": "mood"}),
        ):
            self.assertTrue(self._judge(endpoint, **params), (endpoint, params))

    def test_what_is_not_known_or_of_another_version_is_found(self):
        self.assertTrue(self._judge("POST payouts"))
        self.assertTrue(self._judge("POST refunds", amount="1"))
        self.assertTrue(self._judge("POST customers", CORE_VERSION))
        self.assertTrue(self._judge("POST customers", "2020-08-27"))
        self.assertTrue(self._judge("POST customers", None))
        self.assertTrue(self._judge("GET refunds/re_1", CORE_VERSION, limit="1"))

    def test_a_gateway_of_another_version_is_found_in_its_traffic(self):
        self.control.clear_requests()
        base = self.control.base_url
        for version in (const.API_VERSION, CORE_VERSION, "2024-06-20"):
            gateway = StripeGateway(SECRET_KEY, version, base)
            gateway.create_customer("reference", idempotency_key=version)
        ours, core, other = map(faults, self._sent("POST", "customers"))
        self.assertFalse(ours)
        self.assertTrue(core)
        self.assertTrue(other)

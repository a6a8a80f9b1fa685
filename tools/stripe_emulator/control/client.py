"""The client of the control API, for tests and demos. Standard library only."""

import json
import time
import urllib.error
import urllib.request


class ControlError(Exception):
    """The control API refused a request."""


class Control:
    """Steers and watches one running emulator.

    Amounts are in minor units, times in seconds. Methods return the plain data of the
    control API's answer; see README.md for its members.
    """

    def __init__(self, base_url, timeout=30):
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout

    # --- the emulator itself

    def health(self):
        """Return the emulator's address and current API version."""
        return self._call("GET", "/health")

    def reset(self):
        """Forget all data, faults, rules, accounts and recorded requests."""
        return self._call("POST", "/reset")

    def accounts(self):
        """Return all accounts with their keys."""
        return self._call("GET", "/accounts")

    def add_account(self, name, **settings):
        """Create an account with keys `sk_test_emulator_<name>` and so on."""
        return self._call("POST", "/accounts", name=name, **settings)

    def change_account(self, account_id, **settings):
        """Change an account's settings, such as `default_api_version`."""
        return self._call("POST", f"/accounts/{account_id}", **settings)

    def objects(self, kind, **where):
        """Return all objects of a kind such as `refund`, oldest first."""
        return self._call("POST", f"/objects/{kind}", **where)

    def ledger(self, **where):
        """Return the books of one account and mode."""
        return self._call("POST", "/ledger", **where)

    def ledgers(self):
        """Return the books of all accounts and modes."""
        return self._call("GET", "/ledgers")

    def payment(self, payment_intent, **where):
        """Return one payment's entry in the books."""
        for entry in self.ledger(**where)["payments"]:
            if entry["payment_intent"] == payment_intent:
                return entry
        raise LookupError(payment_intent)

    # --- time

    def clock(self):
        """Return the emulated time and how it relates to real time."""
        return self._call("GET", "/clock")

    def advance(self, seconds):
        """Move the clock forward; what became due has happened on return."""
        return self._call("POST", "/clock/advance", seconds=seconds)

    def freeze(self, at=None):
        """Stop the clock, at `at` or now."""
        return self._call("POST", "/clock/freeze", at=at)

    def unfreeze(self):
        """Let time run again."""
        return self._call("POST", "/clock/unfreeze")

    # --- recorded requests

    def requests(self, **where):
        """Return recorded requests: method, path pattern, account, status, since."""
        return self._call("POST", "/requests", **where)

    def clear_requests(self):
        """Forget the recorded requests."""
        return self._call("DELETE", "/requests")

    # --- faults

    def fault(self, kind, method=None, path="*", **settings):
        """Switch on a fault and return it; see README.md for the kinds."""
        return self._call(
            "POST", "/faults", kind=kind, method=method, path=path, **settings
        )

    def faults(self):
        """Return all faults with their hits."""
        return self._call("GET", "/faults")

    def remove_fault(self, fault_id):
        """Switch off one fault; what it holds goes on."""
        return self._call("DELETE", f"/faults/{fault_id}")

    def clear_faults(self):
        """Switch off all faults."""
        return self._call("DELETE", "/faults")

    def wait_held(self, fault_id, count=1, timeout=10.0):
        """Wait until a pause or hang holds `count` requests."""
        deadline = time.monotonic() + timeout
        while self._call("GET", f"/faults/{fault_id}")["waiting"] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{fault_id} does not hold {count} requests")
            time.sleep(0.01)

    def release(self, fault_id, *, drop=False):
        """Let held requests go on, or drop their connections."""
        return self._call("POST", f"/faults/{fault_id}/release", drop=drop)["released"]

    def outage(self, seconds):
        """Refuse all connections for some seconds of real time."""
        return self._call("POST", "/outage", seconds=seconds)

    # --- events and deliveries

    def events(self, *types, **where):
        """Return events, oldest first; `charge.*` is a type pattern."""
        return self._call("POST", "/events", types=list(types), **where)

    def resend(self, event_id, times=1, endpoint=None):
        """Deliver an event again, `times` times."""
        return self._call(
            "POST", f"/events/{event_id}/resend", times=times, endpoint=endpoint
        )

    def payload(self, event_id, endpoint):
        """Return body and signature of an event without sending it."""
        return self._call("POST", f"/events/{event_id}/payload", endpoint=endpoint)

    def emit(self, kind, data=None, **where):
        """Emit an event of any type, such as another application would cause."""
        return self._call("POST", "/events/emit", kind=kind, data=data, **where)

    def add_endpoint(self, url, enabled_events=("*",), **settings):
        """Create a webhook endpoint; the answer holds its secret."""
        return self._call(
            "POST",
            "/webhook_endpoints",
            url=url,
            enabled_events=list(enabled_events),
            **settings,
        )

    def roll_secret(self, endpoint, expires_in=24 * 3600):
        """Give an endpoint a new secret; the old one signs for `expires_in` seconds."""
        path = f"/webhook_endpoints/{endpoint}/roll_secret"
        return self._call("POST", path, expires_in=expires_in)["secret"]

    def deliveries(self, **where):
        """Return deliveries: types, endpoint, event, state."""
        return self._call("POST", "/deliveries", **where)

    def delivery_rule(self, action, **settings):
        """Disturb deliveries: hold, drop, delay, repeat, forge, lose_answer."""
        return self._call("POST", "/deliveries/rules", action=action, **settings)

    def delivery_rules(self):
        """Return the rules that are in force."""
        return self._call("GET", "/deliveries/rules")

    def remove_delivery_rule(self, rule_id):
        """Take a rule out of force."""
        return self._call("DELETE", f"/deliveries/rules/{rule_id}")

    def clear_delivery_rules(self):
        """Take all rules out of force; what is held stays held."""
        return self._call("DELETE", "/deliveries/rules")

    def release_deliveries(self, order="fifo", **where):
        """Send held deliveries: fifo, reverse or shuffle."""
        return self._call("POST", "/deliveries/release", order=order, **where)

    def wait_delivered(self, timeout=10.0, *, retries=False):
        """Wait until no delivery is under way; return whether that was reached."""
        answer = self._call(
            "POST", "/deliveries/wait", timeout=timeout, retries=retries
        )
        return answer["idle"]

    def delivery_settings(self, **settings):
        """Read or change `timeout`, `backoff` (a list of seconds), `concurrency`."""
        return self._call("POST", "/deliveries/settings", **settings)

    # --- what other people do

    def create_dispute(self, payment_intent=None, **settings):
        """Let a cardholder dispute a payment: reason, amount, inquiry."""
        return self._call(
            "POST", "/disputes", payment_intent=payment_intent, **settings
        )

    def win_dispute(self, dispute):
        """Decide a dispute for the merchant."""
        return self._call("POST", f"/disputes/{dispute}/win")

    def lose_dispute(self, dispute):
        """Decide a dispute for the cardholder."""
        return self._call("POST", f"/disputes/{dispute}/lose")

    def warn_of_fraud(self, payment_intent=None, **settings):
        """Let a bank call a payment fraudulent, before any dispute: fraud_type."""
        return self._call(
            "POST", "/fraud_warnings", payment_intent=payment_intent, **settings
        )

    def dashboard_refund(self, payment_intent=None, **settings):
        """Refund a payment outside of the integration: amount, reason."""
        return self._call(
            "POST", "/dashboard/refunds", payment_intent=payment_intent, **settings
        )

    def succeed_refund(self, refund):
        """Let a pending refund succeed."""
        return self._call("POST", f"/refunds/{refund}/succeed")

    def fail_refund(self, refund, reason="expired_or_canceled_card"):
        """Let a refund fail, also one that had succeeded."""
        return self._call("POST", f"/refunds/{refund}/fail", reason=reason)

    def require_refund_action(self, refund):
        """Let a pending refund wait until the payer says where it is to go."""
        return self._call("POST", f"/refunds/{refund}/require_action")

    def cancel_refund(self, refund):
        """Call off a refund that waits for the payer."""
        return self._call("POST", f"/refunds/{refund}/cancel")

    def succeed_payment(self, payment_intent):
        """Let a processing payment succeed."""
        return self._call("POST", f"/payment_intents/{payment_intent}/succeed")

    def fail_payment(self, payment_intent, reason="refused_by_test"):
        """Let a processing payment fail."""
        path = f"/payment_intents/{payment_intent}/fail"
        return self._call("POST", path, reason=reason)

    def authenticate(self, payment_intent, *, success=True):
        """Answer 3-D Secure in the cardholder's place."""
        path = f"/payment_intents/{payment_intent}/authenticate"
        return self._call("POST", path, success=success)

    def authenticate_setup(self, setup_intent, *, success=True):
        """Answer 3-D Secure for a card that is being saved."""
        path = f"/setup_intents/{setup_intent}/authenticate"
        return self._call("POST", path, success=success)

    def present_card(self, payment_intent):
        """Hold a card to the reader of a terminal payment."""
        return self._call("POST", f"/payment_intents/{payment_intent}/present_card")

    def dashboard_capture(self, payment_intent, amount=None):
        """Capture a payment outside of the integration."""
        path = f"/payment_intents/{payment_intent}/capture"
        return self._call("POST", path, amount=amount)

    def dashboard_cancel(self, payment_intent, reason=None):
        """Cancel a payment outside of the integration."""
        path = f"/payment_intents/{payment_intent}/cancel"
        return self._call("POST", path, reason=reason)

    def _call(self, method, path, /, **given):
        body = json.dumps(given).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"{self.base_url}/_emulator{path}",
            data=body,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            message = json.load(error)["error"]["message"]
            raise ControlError(message) from None

"""What the emulator's tests share: clients, a webhook receiver, short cuts."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import stripe

SECRET_KEY = "sk_test_emulator_default"
CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "40", "cvc": "123"}
RETURN_URL = "https://practice.example/back"


def make_client(url, key=SECRET_KEY, version=None, retries=0):
    """Return the official SDK, pointed at the emulator."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": url},
        stripe_version=version,
        max_network_retries=retries,
    )


def pay(client, amount=5000, card="pm_card_visa", **params):
    """Create and confirm a payment with a test card."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "return_url": RETURN_URL,
            **params,
        }
    )


def authorise(client, amount=5000, **params):
    """Create a payment that waits for its capture."""
    return pay(client, amount, capture_method="manual", **params)


def save_card(client, card="pm_card_visa"):
    """Create a customer with a saved card; return (customer, payment method)."""
    customer = client.v1.customers.create({"name": "Payer"})
    method = client.v1.payment_methods.attach(card, {"customer": customer.id})
    return customer, method


def eventually(check, timeout=5.0):
    """Wait until `check` returns something true; return it."""
    deadline = time.monotonic() + timeout
    while not (result := check()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{check} stayed false for {timeout} s")
        time.sleep(0.01)
    return result


class BrowserApi:
    """Form-encoded requests without the SDK."""

    def __init__(self, url, key, version="2019-05-16"):
        self._url = url
        self.headers = {"Authorization": f"Bearer {key}", "Stripe-Version": version}
        self.session = requests.Session()

    def __call__(self, method, path, data=None, params=None, **headers):
        """Return the `requests` answer; header names are given with underscores."""
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method,
            f"{self._url}/v1/{path}",
            data=data,
            params=params,
            headers={**self.headers, **extra},
            timeout=20,
        )


@dataclass(frozen=True)
class Received:
    """One delivery that arrived."""

    body: bytes
    signature: str
    path: str

    @property
    def event(self):
        """The event as plain data."""
        return json.loads(self.body)


class Receiver:
    """An HTTP server that stands for the integration's webhook route."""

    def __init__(self, port=0):
        self.received = []
        # What is answered: a status, or a function of the number of deliveries so far.
        self.status = 200
        self.headers = {}
        self.delay = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self):
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def types(self):
        """The types of the events that arrived, in order."""
        return [each.event["type"] for each in self.received]

    def wait(self, *types, timeout=5.0):
        """Wait until events of all these types arrived; return the last one."""
        eventually(lambda: set(types) <= set(self.types), timeout)
        return [each for each in self.received if each.event["type"] in types][-1]

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["Stripe-Signature"]
                receiver.received.append(Received(body, signature, self.path))
                time.sleep(receiver.delay)
                status = receiver.status
                if callable(status):
                    status = status(len(receiver.received))
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        return Handler

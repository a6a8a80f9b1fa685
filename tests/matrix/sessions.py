"""Somebody who is logged in, and what Stripe.js does in a payer's browser."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request

from lxml import html

PATIENCE_SECONDS = 60
PUBLISHABLE_KEY = "pk_test_emulator_default"
STRIPE_JS_VERSION = "2019-05-16"


class Unanswered(Exception):
    """The connection ended without an answer: the worker was killed."""


class Refused(Exception):
    """Odoo answered with an error; the text is what the person reads."""

    def __init__(self, message, name):
        super().__init__(message)
        self.name = name

    @property
    def is_explained(self):
        """Whether it is a sentence for people, not a crash."""
        # What the payment page is told to do, without a word to the payer.
        is_repeated = str(self) == "retry"
        return is_repeated or self.name.startswith("odoo.exceptions.")


class Person:
    """A session of one user; requests are those that Odoo's own pages make."""

    def __init__(self, url, login):
        self._url = url
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._login = login

    def log_in(self, database):
        params = {"db": database, "login": self._login, "password": self._login}
        self.json("/web/session/authenticate", **params)
        return self

    def json(self, route, **params):
        """Return what a JSON-RPC route answers."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        request = urllib.request.Request(
            self._url + route, body.encode(), {"Content-Type": "application/json"}
        )
        answer = json.loads(self._open(request))
        if "error" in answer:
            data = answer["error"].get("data") or {}
            # By this the web client finds the dialog for it.
            shown_as = (data.get("context") or {}).get("exception_class")
            raise Refused(data.get("message") or "", shown_as or data.get("name"))
        # A method that returns nothing has none.
        return answer.get("result")

    def call(self, model, method, ids, *args, **kwargs):
        """Call a method of records, as the web client does."""
        return self.json(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=[ids, *args],
            kwargs=kwargs,
        )

    def fill_in(self, model, values, button, **context):
        """Fill in a wizard and press its button; return the button's answer."""
        wizard = self.call(model, "create", [values], context=context)
        return self.call(model, button, wizard, context=context)

    def page(self, route, **params):
        """Return the text of a page, after its redirects."""
        query = urllib.parse.urlencode(params)
        return self._open(f"{self._url}{route}?{query}")

    def submit(self, page, action, **values):
        """Fill in a form of a page and press its button; return the next page."""
        forms = html.fromstring(self.page(page)).forms
        form = next((each for each in forms if each.action == action), None)
        if form is None:
            raise Refused(f"{page} has no form for {action}", "http")
        filled_in = {**dict(form.form_values()), **values}
        body = urllib.parse.urlencode(filled_in).encode()
        return self._open(urllib.request.Request(self._url + action, body))

    def _open(self, request):
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise Refused(f"HTTP {error.code}", "http") from error
        except OSError as error:
            raise Unanswered(str(error)) from error


class Browser:
    """The card form, which talks to Stripe and not to Odoo."""

    def __init__(self, url):
        self._url = url

    def confirm(self, client_secret, card="visa"):
        """Pay with a test card; return the intent, or `None` when it is refused."""
        intent = client_secret.partition("_secret_")[0]
        form = {
            "client_secret": client_secret,
            "payment_method": f"pm_card_{card}",
            "return_url": "https://practice.example/back",
        }
        headers = {
            "Authorization": f"Bearer {PUBLISHABLE_KEY}",
            "Stripe-Version": STRIPE_JS_VERSION,
        }
        request = urllib.request.Request(
            f"{self._url}/v1/payment_intents/{intent}/confirm",
            urllib.parse.urlencode(form).encode(),
            headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            return None

"""What browsers load outside of the API, above all the stand-in for Stripe.js."""

import html
import json
from importlib.resources import files

from werkzeug.utils import redirect

from ..protocol.http_messages import Response, json_response
from ..protocol.routing import Route, Router
from .accounts import follow_link
from .card_table import TEST_CARDS
from .cards import INCORRECT_NUMBER
from .currencies import format_amount
from .three_d_secure import PATH as AUTHENTICATE
from .three_d_secure import answer_challenge, bank_page, find_intent

# In the order in which they are put together; all share one function scope.
_SCRIPTS = (
    "http.js",
    "card_input.js",
    "style.js",
    "challenge.js",
    "forms.js",
    "elements.js",
    "confirm.js",
    "stripe.js",
)
# Payment methods for which the stand-in has a form.
FORM_TYPES = ("card", "us_bank_account", "sepa_debit")


class Pages:
    """Answers requests outside of the API."""

    def __init__(self, emulator):
        self._world = emulator.world
        self._router = Router(
            (
                Route("GET", "/", self._index),
                Route("GET", "/v3", self._script),
                Route("GET", "/v3/stripe.js", self._script),
                Route("GET", "/v3/session", self._session),
                Route("POST", AUTHENTICATE, self._answer_challenge),
                Route("GET", f"{AUTHENTICATE}/{{intent}}", self._bank_page),
                Route("GET", "/receipts/{charge}", self._receipt),
                Route("GET", "/setup/{account}/{secret}", self._onboarding),
            )
        )

    def answer(self, request):
        """Return the answer to a request that is not for the API."""
        path = request.path.rstrip("/") or "/"
        route, ids = self._router.find(request.method, path)
        return route.handler(request, **ids) if route else _error(404, "Not found")

    def _index(self, _request):
        return json_response(200, {"emulator": "stripe", "control": "/_emulator"})

    def _answer_challenge(self, request):
        return answer_challenge(self._world, request)

    def _bank_page(self, request, intent):
        return bank_page(self._world, request, intent)

    def _script(self, _request):
        """Put the stand-in together; it learns where the emulator listens."""
        folder = files("stripe_emulator") / "stripe_js"
        constants = {
            "EMULATOR_URL": self._world.base_url,
            "TEST_NUMBERS": [card.number for card in TEST_CARDS],
            "INCORRECT_NUMBER": INCORRECT_NUMBER,
        }
        parts = [
            f"const {name} = {json.dumps(value)};" for name, value in constants.items()
        ]
        parts += [folder.joinpath(name).read_text("utf-8") for name in _SCRIPTS]
        source = "\n".join(["(() => {", '"use strict";', *parts, "})();", ""])
        headers = {"Cache-Control": "no-store"}
        return Response(source, headers=headers, mimetype="text/javascript")

    def _session(self, request):
        """Tell an element which form to show, or why it cannot be shown."""
        given = request.args
        with self._world.lock:
            grant = self._world.keys.get(request.api_key)
            if grant is None:
                return _error(401, "Invalid API Key provided.")
            side = self._world.side(grant.account, grant.livemode)
            types = [kind for kind in given.get("types", "").split(",") if kind]
            if given.get("client_secret"):
                intent = find_intent(side, given["client_secret"])
                if intent is None:
                    return _error(400, "The client_secret provided is not valid.")
                types = intent["payment_method_types"]
        kind = next((kind for kind in types or ["card"] if kind in FORM_TYPES), None)
        if kind is None:
            return _error(400, f"The emulator has no form for {', '.join(types)}.")
        return json_response(200, {"type": kind})

    def _receipt(self, _request, charge):
        """Show what a charge's `receipt_url` leads to."""
        with self._world.lock:
            for side in self._world.sides.values():
                found = side.find("charge", charge)
                if found:
                    amount = format_amount(found["amount"], found["currency"])
                    return _page(f"Receipt for {amount}", charge)
        return _error(404, "No such receipt")

    def _onboarding(self, _request, account, secret):
        """Let the owner of a connected account finish its onboarding."""
        with self._world.lock:
            for side in self._world.sides.values():
                found = side.find("account", account)
                target = found and follow_link(found, secret, self._world.clock.now())
                if target:
                    self._world.changed = True
                    return redirect(target, 303)
        return _error(404, "No such link")


def _page(title, text):
    body = f"<!doctype html><title>{html.escape(title)}</title>"
    body += f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>"
    return Response(body, mimetype="text/html")


def _error(status, message):
    error = {"type": "invalid_request_error", "message": message}
    return json_response(status, {"error": error})

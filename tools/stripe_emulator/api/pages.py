"""What browsers load outside of the API, above all the stand-in for Stripe.js."""

import html
import json
from importlib.resources import files

from ..protocol.forms import decode
from ..protocol.http_messages import Response, json_response
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

    def answer(self, request):
        """Return the answer to a request that is not for the API."""
        path = request.path.rstrip("/")
        if path in ("/v3", "/v3/stripe.js"):
            return self._script()
        if path == "/v3/session":
            return self._session(request)
        if path == AUTHENTICATE and request.method == "POST":
            return answer_challenge(self._world, request)
        if path.startswith(f"{AUTHENTICATE}/"):
            return bank_page(self._world, request)
        if path.startswith("/receipts/"):
            return self._receipt(path.rpartition("/")[2])
        if path.startswith("/setup/"):
            return self._onboarding(path)
        if path == "":
            return json_response(200, {"emulator": "stripe", "control": "/_emulator"})
        return _error(404, "Not found")

    def _script(self):
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
        return Response(
            200,
            source.encode(),
            {"Cache-Control": "no-store"},
            "text/javascript; charset=utf-8",
        )

    def _session(self, request):
        """Tell an element which form to show, or why it cannot be shown."""
        given = decode(request.query)
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

    def _receipt(self, charge_id):
        """Show what a charge's `receipt_url` leads to."""
        with self._world.lock:
            for side in self._world.sides.values():
                charge = side.find("charge", charge_id)
                if charge:
                    amount = format_amount(charge["amount"], charge["currency"])
                    return _page(f"Receipt for {amount}", charge_id)
        return _error(404, "No such receipt")

    def _onboarding(self, path):
        """Let the owner of a connected account finish its onboarding."""
        account_id, _, secret = path.removeprefix("/setup/").partition("/")
        with self._world.lock:
            for side in self._world.sides.values():
                account = side.find("account", account_id)
                target = account and follow_link(
                    account, secret, self._world.clock.now()
                )
                if target:
                    self._world.changed = True
                    return Response(303, b"", {"Location": target})
        return _error(404, "No such link")


def _page(title, text):
    body = f"<!doctype html><title>{html.escape(title)}</title>"
    body += f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>"
    return Response(200, body.encode(), {}, "text/html; charset=utf-8")


def _error(status, message):
    error = {"type": "invalid_request_error", "message": message}
    return json_response(status, {"error": error})

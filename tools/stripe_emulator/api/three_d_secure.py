"""The cardholder's bank: where 3-D Secure is answered.

Stripe.js shows a dialog and posts the outcome; an intent that was confirmed with a
`return_url` redirects to the page below, which sends the cardholder back.
"""

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.utils import redirect

from ..protocol.http_messages import Response, json_response
from ..protocol.versions import Version
from ..store import Context
from . import payment_flow, setup_intents

PATH = "/v3/authenticate"
_FLOWS = {"payment_intent": payment_flow, "setup_intent": setup_intents}


def find_intent(side, client_secret):
    """Return the intent with that client secret, or None."""
    for kind in _FLOWS:
        intent = side.find(kind, client_secret.partition("_secret_")[0])
        if intent and intent["client_secret"] == client_secret:
            return intent
    return None


def _waiting(world, client_secret):
    """Return (side, intent) for a secret whose intent waits for the cardholder."""
    for side in world.sides.values():
        intent = find_intent(side, client_secret)
        if intent and intent["status"] == "requires_action":
            return side, intent
    return None, None


def answer_challenge(world, request):
    """Take the cardholder's answer; a `redirect` sends the browser there."""
    given = request.form
    with world.lock:
        side, intent = _waiting(world, given.get("client_secret", ""))
        if intent is None:
            return _nothing_to_do()
        version = Version(side.account.default_api_version)
        _FLOWS[intent["object"]].authenticate(
            Context(world, side, version),
            intent,
            success=given.get("outcome") == "complete",
        )
        world.changed = True
    if given.get("redirect"):
        return redirect(_way_back(intent, given["redirect"]), 303)
    return json_response(200, {"status": intent["status"]})


def bank_page(world, request, intent_id):
    """Show the page on which the cardholder chooses the outcome."""
    secret = request.args.get("client_secret", "")
    with world.lock:
        _side, intent = _waiting(world, secret)
    if intent is None or intent["id"] != intent_id:
        return _nothing_to_do()
    action = intent["next_action"].get("redirect_to_url") or {}
    page = _PAGE.format(
        path=PATH,
        secret=html.escape(secret, quote=True),
        redirect=html.escape(action.get("return_url") or "", quote=True),
    )
    return Response(page, mimetype="text/html")


def _nothing_to_do():
    return json_response(404, {"error": {"message": "Nothing to authenticate"}})


def _way_back(intent, url):
    """Return `url` with the parameters that Stripe adds when it sends people back."""
    failed = intent["status"] in ("requires_payment_method", "canceled")
    added = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "failed" if failed else "succeeded",
    }
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(added)]))
    return urlunsplit(parts._replace(query=query))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>3-D Secure test page</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;
padding:0 1rem}}button{{font:inherit;padding:.6rem 1rem;margin:.25rem .5rem .25rem 0}}
</style></head><body>
<h1>3-D Secure test page</h1>
<p>A bank would ask the cardholder here. Choose the outcome.</p>
<form method="post" action="{path}">
<input type="hidden" name="client_secret" value="{secret}">
<input type="hidden" name="redirect" value="{redirect}">
<button id="emulator-3ds-complete" name="outcome" value="complete">Complete</button>
<button id="emulator-3ds-fail" name="outcome" value="fail">Fail</button>
</form></body></html>
"""

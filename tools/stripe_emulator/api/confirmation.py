"""What a PaymentIntent and a SetupIntent share when they are confirmed.

Both choose a payment method, may need the cardholder to authenticate, and may need a
mandate for bank debits.
"""

from ..protocol import ids
from ..protocol.errors import ApiError, invalid, missing_parameter, refused_parameter
from ..protocol.rendering import render
from . import payment_methods
from .behaviours import DECLINES

# What an account that uses dynamic payment methods offers in the emulator.
DYNAMIC_METHODS = ("card", "us_bank_account", "sepa_debit")
_CURRENCY_OF = {"us_bank_account": ("usd",), "sepa_debit": ("eur",)}
DEBITS = tuple(_CURRENCY_OF)
# Stripe has no such code for SetupIntents.
_INCOMPATIBLE = {"payment_intent": "payment_intent_incompatible_payment_method"}
_PAST = {
    "cancel": "canceled",
    "capture": "captured",
    "confirm": "confirmed",
    "settle": "settled",
    "update": "updated",
}


def method_types(context, params, currency=None):
    """Return (payment_method_types, automatic_payment_methods) of a new intent."""
    if params.get("payment_method_types"):
        return list(dict.fromkeys(params["payment_method_types"])), None
    allowed = params.get("allowed_payment_method_types")
    automatic = params.get("automatic_payment_methods")
    excluded = params.get("excluded_payment_method_types") or []
    if allowed and (automatic or excluded):
        raise refused_parameter(
            "`allowed_payment_method_types` cannot be combined with "
            "`automatic_payment_methods` or `excluded_payment_method_types`.",
            param="allowed_payment_method_types",
            code="parameters_exclusive",
        )
    if allowed:
        return _fitting(allowed, currency), None
    if automatic is None and context.version.before("2023-08-16"):
        return ["card"], None
    if automatic is not None and not automatic.get("enabled"):
        return ["card"], None
    redirects = (automatic or {}).get("allow_redirects") or "always"
    offered = [kind for kind in DYNAMIC_METHODS if kind not in excluded]
    enabled = {"allow_redirects": redirects, "enabled": True}
    return _fitting(offered, currency), enabled


def _fitting(kinds, currency):
    """Drop methods that cannot take the currency, as dynamic methods do silently."""
    return [
        kind
        for kind in kinds
        if currency is None or currency in _CURRENCY_OF.get(kind, (currency,))
    ]


def check_return_url(intent, return_url):
    """Refuse a confirmation that could end in a redirect without a way back."""
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and not return_url:
        raise invalid(
            f"This {label(intent)} is configured to accept payment methods enabled in "
            "your Dashboard. Because some of these payment methods might redirect "
            "your customer off of your page, you must provide a `return_url`. If you "
            "don't want to accept redirect-based payment methods, set "
            "`automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating "
            "Setup Intents and Payment Intents."
        )


def given_method(context, params, *, publishable=False):
    """Return the payment method that the parameters name or describe, or None."""
    if params.get("payment_method_data"):
        return payment_methods.from_data(
            context,
            params["payment_method_data"],
            publishable=publishable,
            param="payment_method_data",
        )
    method_id = params.get("payment_method") or params.get("source")
    return payment_methods.resolve(context, method_id) if method_id else None


def check_method(intent, method):
    """Refuse a payment method that does not fit the intent."""
    payment_methods.check_usable(method, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        allowed = ", ".join(intent["payment_method_types"])
        raise invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this "
            f"{label(intent)}. Please attach a PaymentMethod of one of the following "
            f"types: {allowed}.",
            param="payment_method",
            code=_INCOMPATIBLE.get(intent["object"]),
            **{intent["object"]: intent},
        )


def check_status(intent, verb, allowed):
    """Refuse an operation that the intent's status forbids."""
    if intent["status"] in allowed:
        return
    code = f"{intent['object']}_unexpected_state"
    if verb == "confirm" and intent["status"] == "succeeded":
        raise ApiError(
            f"You cannot confirm this {label(intent)} because it has already "
            "succeeded after being previously confirmed.",
            code=code,
            **{intent["object"]: intent},
        )
    listed = ", ".join(allowed)
    raise ApiError(
        f"You cannot {verb} this {label(intent)} because it has a status of "
        f"{intent['status']}. Only a {label(intent)} with one of the following "
        f"statuses may be {_PAST[verb]}: {listed}.",
        code=code,
        **{intent["object"]: intent},
    )


def label(intent):
    """Return how Stripe's messages call an intent."""
    return "PaymentIntent" if intent["object"] == "payment_intent" else "SetupIntent"


def needs_authentication(method, *, off_session):
    """Tell whether the cardholder must authenticate.

    Cards of the kind `unless_set_up` ask nothing of merchants who charge off-session
    what the cardholder once agreed to.
    """
    kind = payment_methods.behaviour(method).authentication
    if kind == "unless_set_up":
        set_up = method["_set_up"] or payment_methods.behaviour(method).set_up
        return not (set_up and off_session)
    return kind == "always"


def next_action(context, intent, return_url, *, use_stripe_sdk):
    """Return what the cardholder has to do: a redirect, or a dialog by Stripe.js."""
    url = (
        f"{context.world.base_url}/v3/authenticate/{intent['id']}"
        f"?client_secret={intent['client_secret']}"
    )
    if return_url and not use_stripe_sdk:
        redirect = {"return_url": return_url, "url": url}
        return {"redirect_to_url": redirect, "type": "redirect_to_url"}
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "source": f"src_{ids.random_text(24)}",
            "stripe_js": url,
            "type": "three_d_secure_redirect",
        },
    }


def failure(context, reason, method, charge_id=None):
    """Return the `last_payment_error` or `last_setup_error` for a decline."""
    decline = DECLINES[reason]
    known = {
        "charge": charge_id,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": "https://stripe.com/docs/error-codes/"
        + decline.code.replace("_", "-"),
        "message": decline.message,
        "param": decline.param,
        "payment_method": render(context.side, method, context.version),
        "type": "card_error",
    }
    return {name: value for name, value in known.items() if value is not None}


def authentication_failure(context, intent, method):
    """Return the error of an intent whose cardholder did not authenticate."""
    code = f"{intent['object']}_authentication_failure"
    if intent["object"] == "payment_intent":
        message = (
            "The provided PaymentMethod has failed authentication. You can provide "
            "payment_method_data or a new PaymentMethod to attempt to fulfill this "
            "PaymentIntent again."
        )
    else:
        message = (
            "The latest attempt to set up the payment method has failed because "
            "authentication failed."
        )
    return {
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": render(context.side, method, context.version),
        "type": "invalid_request_error",
    }


def mandate_for(context, method, params, *, multi_use):
    """Return the mandate of a payment; cards need none.

    A saved account keeps its mandate; otherwise the customer's acceptance is needed.
    """
    if params.get("mandate"):
        return context.get("mandate", params["mandate"], param="mandate")
    if method["type"] not in DEBITS:
        return None
    if method.get("_mandate"):
        return context.get("mandate", method["_mandate"])
    acceptance = (params.get("mandate_data") or {}).get("customer_acceptance")
    if not acceptance:
        raise invalid(
            "This PaymentIntent requires a mandate, but no existing mandate was found. "
            "Collect mandate acceptance from the customer and try again, providing "
            "acceptance data in the mandate_data parameter.",
            code="payment_intent_mandate_invalid",
        )
    return _new_mandate(context, method, acceptance, multi_use)


def _new_mandate(context, method, acceptance, multi_use):
    kind = acceptance["type"]
    mandate = {
        "id": ids.new_id("mandate"),
        "object": "mandate",
        "customer_acceptance": {
            "accepted_at": acceptance.get("accepted_at") or context.now,
            kind: acceptance.get(kind) or {},
            "type": kind,
        },
        "livemode": context.side.livemode,
        "multi_use": {} if multi_use else None,
        "payment_method": method["id"],
        "payment_method_details": {method["type"]: {}, "type": method["type"]},
        "single_use": None if multi_use else {},
        "status": "active",
        "type": "multi_use" if multi_use else "single_use",
    }
    if multi_use:
        method["_mandate"] = mandate["id"]
    return context.side.add(mandate)


def check_secret(intent, client_secret, *, publishable):
    """Check the secret with which a browser proves that it may see an intent."""
    if client_secret is None:
        if publishable:
            raise missing_parameter("client_secret")
        return
    if client_secret != intent["client_secret"]:
        raise unexpected_secret(intent)


def unexpected_secret(intent):
    """Return the answer for a client secret of another intent."""
    return invalid(
        "The client_secret provided does not match the client_secret associated with "
        f"this {label(intent)}.",
        param="client_secret",
        code=f"{intent['object']}_invalid_parameter",
    )

"""Payment methods: cards and bank accounts, saved on a customer or not."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import (
    ApiError,
    invalid,
    missing_parameter,
    refused_parameter,
    resource_missing,
)
from ..protocol.fields import address, change, merged_metadata, unset_empty
from ..protocol.pagination import page
from ..protocol.routing import Route
from . import bank_accounts, cards
from .behaviours import SUCCEEDS, decline_error

MODELLED_TYPES = ("card", "us_bank_account", "sepa_debit", "card_present")


def new(context, kind, details, *, billing=None, metadata=None, redisplay=None):
    """Store and return a payment method that belongs to nobody yet."""
    billing = billing or {}
    return context.side.add(
        {
            "id": ids.new_id("payment_method"),
            "object": "payment_method",
            "allow_redisplay": redisplay or "unspecified",
            "billing_details": {
                "address": address(billing.get("address")) or address({"city": None}),
                "email": billing.get("email"),
                "name": billing.get("name"),
                "phone": billing.get("phone"),
                "tax_id": billing.get("tax_id"),
            },
            "created": context.now,
            "customer": None,
            "customer_account": None,
            "livemode": context.side.livemode,
            "metadata": merged_metadata({}, metadata),
            "type": kind,
            kind: details,
            # A method that was used or detached without a customer is spent.
            "_spent": False,
            "_set_up": False,
        }
    )


def from_data(context, data, *, publishable, param=""):
    """Create a payment method from typed details such as `payment_method_data`."""
    kind = data.get("type") or "card"
    if kind not in MODELLED_TYPES[:3]:
        message = f"The emulator does not model payment methods of type {kind}."
        raise refused_parameter(message, param="type")
    given = data.get(kind) or {}
    prefix = f"{param}[{kind}]" if param else kind
    details = _DETAILS[kind](context, given, publishable, prefix)
    return new(
        context,
        kind,
        details,
        billing=unset_empty(data.get("billing_details")),
        metadata=data.get("metadata"),
        redisplay=data.get("allow_redisplay"),
    )


def _card(context, given, publishable, param):
    """Take a card by token or by number; secret keys may not send numbers."""
    if given.get("token"):
        return _card_from_token(context, given["token"], param)
    if not publishable and not context.side.account.raw_card_data:
        raise ApiError(
            "Sending credit card numbers directly to the Stripe API is generally "
            "unsafe. To continue processing use Stripe.js, the Stripe mobile bindings, "
            "or Stripe Elements.",
            status=402,
            kind="invalid_request_error",
        )
    return cards.from_number(context.side, given, context.now, param)


def _card_from_token(context, token_id, param):
    details = cards.from_token(context.side, token_id, context.now)
    if details is not None:
        return details
    token = context.get("token", token_id, param=f"{param}[token]")
    if token["used"]:
        raise invalid(
            f"You cannot use a Stripe token more than once: {token_id}.",
            code="token_already_used",
        )
    token["used"] = True
    return token["_details"]


_DETAILS = {
    "card": _card,
    "us_bank_account": lambda context, given, _publishable, param: (
        bank_accounts.us_bank_account(context.side, given, param)
    ),
    "sepa_debit": lambda context, given, _publishable, param: bank_accounts.sepa_debit(
        context.side, given, param
    ),
}


def resolve(context, method_id, param="payment_method"):
    """Return the payment method of that id; `pm_card_…` ids make a new one."""
    if cards.is_token(method_id):
        details = cards.from_token(context.side, method_id, context.now)
        return new(context, "card", details)
    if bank_accounts.is_token(method_id):
        details = bank_accounts.from_token(context.side, method_id)
        billing = {"name": "Jenny Rosen", "email": "jenny@example.com"}
        return new(context, "us_bank_account", details, billing=billing)
    return context.get("payment_method", method_id, param=param)


def behaviour(method):
    """Return how a payment method behaves."""
    details = method[method["type"]]
    if "_card" in details:
        return cards.behaviour(details["_card"])
    if "_bank" in details:
        return bank_accounts.BEHAVIOURS[details["_bank"]]
    return SUCCEEDS


def attached_to(side, customer_id):
    """Return a customer's payment methods, oldest first."""
    methods = side.all("payment_method")
    return [method for method in methods if method["customer"] == customer_id]


def of_type(methods, kind):
    """Filter by type; None keeps all."""
    return [method for method in methods if kind in (None, method["type"])]


def of_customer(context, method_id, customer_id, param="payment_method"):
    """Return a payment method that must belong to that customer."""
    method = context.side.find("payment_method", method_id)
    if method is None or method["customer"] != customer_id:
        raise ApiError(
            "The customer does not have a payment method with the ID "
            f"{method_id}. The payment method must be attached to the customer.",
            code="resource_missing",
            param=param,
        )
    return method


def check_usable(method, customer_id):
    """Refuse a payment method that is spent or belongs to somebody else."""
    if method["customer"] is None:
        if method["_spent"]:
            raise invalid(
                "The provided PaymentMethod was previously used with a PaymentIntent "
                "without Customer attachment, shared with a connected account without "
                "Customer attachment, or was detached from a Customer. It may not be "
                "used again. To use a PaymentMethod multiple times, you must attach it "
                "to a Customer first."
            )
    elif customer_id is None:
        raise invalid(
            f"The provided PaymentMethod belongs to the Customer {method['customer']}. "
            "Please include the Customer in the `customer` parameter.",
            param="payment_method",
        )
    elif method["customer"] != customer_id:
        raise resource_missing(
            "PaymentMethod", method["id"], param="payment_method", status=400
        )


def check_attachable(method):
    """Refuse to save a card that Stripe's check with the issuer declines."""
    if method["_spent"]:
        raise invalid(
            "This PaymentMethod was previously used without being attached to a "
            "Customer or was detached from a Customer, and may not be used again.",
            code="payment_method_unexpected_state",
        )
    known = behaviour(method)
    if known.decline and not known.attachable:
        raise decline_error(known.decline)


def attach(context, method, customer_id):
    """Save a payment method on a customer."""
    method["customer"] = customer_id
    emit(context, "payment_method.attached", method)


def detach(context, method):
    """Take a payment method from its customer, for good."""
    previous = change(method, customer=None, _spent=True)
    emit(
        context,
        "payment_method.detached",
        method,
        previous={"customer": previous["customer"]},
    )


def _create(call):
    if "type" not in call.params:
        raise missing_parameter("type")
    return from_data(call, call.params, publishable=call.publishable)


def _retrieve(call):
    return resolve(call, call.ids["payment_method"], param=None)


def _list(call):
    customer_id = call.params.get("customer")
    if customer_id:
        call.get("customer", customer_id, param="customer")
        methods = attached_to(call.side, customer_id)
    else:
        methods = [each for each in call.side.all("payment_method") if each["customer"]]
    return page(call, of_type(methods, call.params.get("type")))


def _update(call):
    method = call.get("payment_method", call.ids["payment_method"])
    if method["customer"] is None:
        message = (
            "You must save this PaymentMethod to a customer before you can update it."
        )
        raise invalid(message)
    params, changes = call.params, {}
    if params.get("billing_details"):
        given = params["billing_details"]
        merged = {**method["billing_details"], **given}
        merged["address"] = address(merged.get("address")) or address({"city": None})
        changes["billing_details"] = merged
    if "card" in params:
        changes["card"] = {**method["card"], **params["card"]}
    if "metadata" in params:
        changes["metadata"] = merged_metadata(method["metadata"], params["metadata"])
    if "allow_redisplay" in params:
        changes["allow_redisplay"] = params["allow_redisplay"]
    previous = change(method, **changes)
    if previous:
        emit(call, "payment_method.updated", method, previous=previous)
    return method


def _attach(call):
    method = resolve(call, call.ids["payment_method"], param=None)
    if "customer" not in call.params:
        raise missing_parameter("customer")
    customer = call.get("customer", call.params["customer"], param="customer")
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise invalid(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    check_attachable(method)
    attach(call, method, customer["id"])
    return method


def _detach(call):
    method = call.get("payment_method", call.ids["payment_method"])
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so "
            "detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    detach(call, method)
    return method


_ALL = "/v1/payment_methods"
_ONE = f"{_ALL}/{{payment_method}}"
_KIND = "payment_method"
ROUTES = (
    Route("POST", _ALL, _create, "PaymentMethodCreateParams", _KIND, publishable=True),
    Route("GET", _ALL, _list, "PaymentMethodListParams", _KIND),
    Route("GET", _ONE, _retrieve, "PaymentMethodRetrieveParams", _KIND),
    Route("POST", _ONE, _update, "PaymentMethodUpdateParams", _KIND),
    Route("POST", f"{_ONE}/attach", _attach, "PaymentMethodAttachParams", _KIND),
    Route("POST", f"{_ONE}/detach", _detach, "PaymentMethodDetachParams", _KIND),
)

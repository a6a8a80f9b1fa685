"""PaymentIntents: the operations of the API."""

from ..delivery.events import emit
from ..protocol.errors import invalid, refused_parameter
from ..protocol.fields import change, merged_metadata, shipping
from ..protocol.pagination import matching, page
from ..protocol.routing import Route
from ..protocol.search import search
from ..protocol.versions import AUTOMATIC_ASYNC
from . import confirmation, customers, intents, payment_flow
from .currencies import check_amount, check_currency

_TEXTS = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
)
_UPDATABLE = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
)
# What may change once money was collected or is on its way.
_ALWAYS_UPDATABLE = {"description", "expand", "metadata", "receipt_email", "shipping"}


def _create(call):
    params = call.params
    currency = check_currency(params["currency"])
    check_amount(params["amount"], currency)
    _check_combination(params)
    customer_id = params.get("customer")
    if customer_id:
        customers.customer_in_use(call, customer_id)
    intent = _new(call, params, currency)
    method = intents.given_method(call)
    intents.choose(intent, method)
    if params.get("confirm"):
        confirmation.check_return_url(intent, params.get("return_url"))
    call.side.add(intent)
    emit(call, "payment_intent.created", intent)
    if params.get("confirm"):
        payment_flow.confirm(call, intent, method, params)
    return intent


def _check_combination(params):
    """Refuse parameters that only make sense together with `confirm`."""
    for name in ("off_session", "error_on_requires_action", "mandate", "return_url"):
        if params.get(name) and not params.get("confirm"):
            raise refused_parameter(
                f"You can only pass in '{name}' when 'confirm' is true.", param=name
            )
    if params.get("off_session") and not (
        params.get("payment_method") or params.get("payment_method_data")
    ):
        raise refused_parameter(
            "You must provide a payment method when 'off_session' is true.",
            param="payment_method",
            code="parameter_missing",
        )


# Fields that belong to Connect and other things that are not modelled.
_NEVER_SET = dict.fromkeys(
    (
        "application",
        "application_fee_amount",
        "customer_account",
        "on_behalf_of",
        "payment_method_configuration_details",
        "review",
        "source",
        "transfer_data",
        "transfer_group",
    )
)
# Fields that get a value in the course of a payment.
_NOT_YET_SET = dict.fromkeys(
    (
        "canceled_at",
        "cancellation_reason",
        "last_payment_error",
        "latest_charge",
        "next_action",
        "payment_method",
        "processing",
        "_mandate",
        "_three_d_secure",
    )
)


def _new(call, params, currency):
    """Return a PaymentIntent that is not stored yet."""
    types = confirmation.method_types(call, params, currency)
    at_once = "automatic" if call.version.before(AUTOMATIC_ASYNC) else "automatic_async"
    future_usage = params.get("setup_future_usage")
    if params.get("save_payment_method"):
        future_usage = future_usage or "off_session"
    return {
        **intents.new(call, _KIND, types, secret_length=25),
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": params.get("capture_method") or at_once,
        "confirmation_method": params.get("confirmation_method") or "automatic",
        "currency": currency,
        **{name: params.get(name) for name in _TEXTS},
        "payment_method_options": _method_options(types[0], params),
        "setup_future_usage": future_usage,
        "shipping": shipping(params.get("shipping")),
        **_NOT_YET_SET,
        **_NEVER_SET,
        "_charges": [],
    }


def _method_options(kinds, params):
    """Return `payment_method_options` with Stripe's defaults for cards."""
    given = params.get("payment_method_options") or {}
    options = {}
    if "card" in kinds:
        options["card"] = {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
    for kind, values in given.items():
        options[kind] = {**options.get(kind, {}), **(values or {})}
    return options


def _confirm(call):
    intent = intents.retrieve(call, _KIND)
    params = call.params
    confirmation.check_status(intent, "confirm", intents.CONFIRMABLE)
    method = intents.given_method(call)
    if method is not None:
        confirmation.check_method(intent, method)
    changes = {
        name: params[name]
        for name in ("setup_future_usage", "receipt_email", "capture_method")
        if name in params
    }
    if "shipping" in params:
        changes["shipping"] = shipping(params["shipping"])
    intent.update(changes)
    return payment_flow.confirm(call, intent, method, params)


def _retrieve(call):
    return intents.retrieve(call, _KIND)


def _update(call):
    intent = call.get("payment_intent", call.ids["intent"])
    params = call.params
    if not set(params) <= _ALWAYS_UPDATABLE:
        confirmation.check_status(intent, "update", _UPDATABLE)
    changes = {name: params[name] for name in _TEXTS if name in params}
    changes |= _money_changes(call, intent)
    for name in ("capture_method", "setup_future_usage"):
        if name in params:
            changes[name] = params[name] or None
    if "metadata" in params:
        changes["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
    if "shipping" in params:
        changes["shipping"] = shipping(params["shipping"])
    if params.get("payment_method_types"):
        changes["payment_method_types"] = params["payment_method_types"]
    method = intents.given_method(call)
    change(intent, **changes)
    intents.choose(intent, method)
    return intent


def _money_changes(call, intent):
    """Check and return changes of amount, currency and customer."""
    params, changes = call.params, {}
    if "currency" in params:
        changes["currency"] = check_currency(params["currency"])
    if "amount" in params:
        check_amount(params["amount"], changes.get("currency", intent["currency"]))
        changes["amount"] = params["amount"]
    if "customer" in params:
        if intent["customer"] not in (None, params["customer"]):
            message = "You cannot modify `customer` on a PaymentIntent once it is set."
            raise invalid(message, param="customer")
        customers.customer_in_use(call, params["customer"])
        changes["customer"] = params["customer"]
    return changes


def _cancel(call):
    intent = call.get("payment_intent", call.ids["intent"])
    reason = call.params.get("cancellation_reason")
    return payment_flow.cancel(call, intent, reason)


def _capture(call):
    intent = call.get("payment_intent", call.ids["intent"])
    params = call.params
    payment_flow.capture(call, intent, params.get("amount_to_capture"))
    if "metadata" in params:
        intent["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
    return intent


def _list(call):
    return page(call, matching(call, _KIND, "customer"))


def _search(call):
    return search(call, "payment_intent")


_ALL = "/v1/payment_intents"
_ONE = f"{_ALL}/{{intent}}"
_KIND = "payment_intent"
ROUTES = (
    Route("POST", _ALL, _create, "PaymentIntentCreateParams", _KIND),
    Route("GET", _ALL, _list, "PaymentIntentListParams", _KIND),
    Route("GET", f"{_ALL}/search", _search, "PaymentIntentSearchParams", _KIND),
    Route("GET", _ONE, _retrieve, "PaymentIntentRetrieveParams", _KIND, True),
    Route("POST", _ONE, _update, "PaymentIntentUpdateParams", _KIND),
    Route(
        "POST", f"{_ONE}/confirm", _confirm, "PaymentIntentConfirmParams", _KIND, True
    ),
    Route("POST", f"{_ONE}/cancel", _cancel, "PaymentIntentCancelParams", _KIND),
    Route("POST", f"{_ONE}/capture", _capture, "PaymentIntentCaptureParams", _KIND),
)

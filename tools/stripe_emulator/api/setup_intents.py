"""SetupIntents: saving a payment method without a payment."""

from ..delivery.events import emit
from ..protocol.fields import change, merged_metadata
from ..protocol.pagination import matching, page
from ..protocol.routing import Route
from . import confirmation, customers, intents, payment_methods
from .behaviours import decline_error


def _create(call):
    params = call.params
    if params.get("customer"):
        customers.customer_in_use(call, params["customer"])
    intent = _new(call, params)
    method = intents.given_method(call)
    intents.choose(intent, method)
    if params.get("confirm"):
        confirmation.check_return_url(intent, params.get("return_url"))
    call.side.add(intent)
    emit(call, "setup_intent.created", intent)
    if params.get("confirm"):
        confirm(call, intent, method, params)
    return intent


def _new(call, params):
    types = confirmation.method_types(call, params)
    return {
        **intents.new(call, _KIND, types, secret_length=33),
        "application": None,
        "attach_to_self": None,
        "cancellation_reason": None,
        "customer_account": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "mandate": None,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options") or {},
        "single_use_mandate": None,
        "usage": params.get("usage") or "off_session",
    }


def confirm(context, intent, method, params):
    """Check the payment method with its issuer and save it."""
    method = intents.method_to_confirm(context, intent, method, params)
    mandate = confirmation.mandate_for(context, method, params, multi_use=True)
    intent.update(
        payment_method=method["id"],
        last_setup_error=None,
        next_action=None,
        mandate=mandate["id"] if mandate else None,
    )
    # Saving a card is what `unless_set_up` cards ask about, so nothing is set up yet.
    if payment_methods.behaviour(method).authentication != "never":
        intents.ask_cardholder(context, intent, params)
        return intent
    _finish(context, intent, method)
    return intent


def authenticate(context, intent, *, success):
    """Continue after the cardholder's answer."""
    method = context.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if success:
        _succeed(context, intent, method)
        return
    error = confirmation.authentication_failure(context, intent, method)
    _fail(context, intent, error)


def _finish(context, intent, method):
    known = payment_methods.behaviour(method)
    if known.decline and not known.attachable:
        _fail(context, intent, confirmation.failure(context, known.decline, method))
        raise decline_error(known.decline, setup_intent=intent, payment_method=method)
    _succeed(context, intent, method)


def _fail(context, intent, error):
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_setup_error=error,
    )
    emit(context, "setup_intent.setup_failed", intent)


def _succeed(context, intent, method):
    """Save the method on the customer; it counts as set up for later payments."""
    method["_set_up"] = True
    intent.update(status="succeeded")
    if intent["customer"] and method["customer"] is None:
        payment_methods.attach(context, method, intent["customer"])
    emit(context, "setup_intent.succeeded", intent)


def _confirm(call):
    intent = intents.retrieve(call, _KIND)
    confirmation.check_status(intent, "confirm", intents.CONFIRMABLE)
    return confirm(call, intent, intents.given_method(call), call.params)


def _retrieve(call):
    return intents.retrieve(call, _KIND)


def _update(call):
    intent = call.get("setup_intent", call.ids["intent"])
    params = call.params
    changes = {name: params[name] for name in ("description",) if name in params}
    if "metadata" in params:
        changes["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
    if "customer" in params:
        customers.customer_in_use(call, params["customer"])
        changes["customer"] = params["customer"]
    if params.get("payment_method_types"):
        changes["payment_method_types"] = params["payment_method_types"]
    if set(changes) - {"description", "metadata"} or "payment_method" in params:
        confirmation.check_status(intent, "update", intents.CONFIRMABLE)
    method = intents.given_method(call)
    change(intent, **changes)
    intents.choose(intent, method)
    return intent


def _cancel(call):
    intent = call.get("setup_intent", call.ids["intent"])
    confirmation.check_status(intent, "cancel", intents.CONFIRMABLE)
    intent.update(
        status="canceled",
        cancellation_reason=call.params.get("cancellation_reason"),
        next_action=None,
    )
    emit(call, "setup_intent.canceled", intent)
    return intent


def _list(call):
    return page(call, matching(call, _KIND, "customer", "payment_method"))


_ALL = "/v1/setup_intents"
_ONE = f"{_ALL}/{{intent}}"
_KIND = "setup_intent"
ROUTES = (
    Route("POST", _ALL, _create, "SetupIntentCreateParams", _KIND),
    Route("GET", _ALL, _list, "SetupIntentListParams", _KIND),
    Route("GET", _ONE, _retrieve, "SetupIntentRetrieveParams", _KIND, True),
    Route("POST", _ONE, _update, "SetupIntentUpdateParams", _KIND),
    Route("POST", f"{_ONE}/confirm", _confirm, "SetupIntentConfirmParams", _KIND, True),
    Route("POST", f"{_ONE}/cancel", _cancel, "SetupIntentCancelParams", _KIND),
)

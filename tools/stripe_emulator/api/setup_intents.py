"""SetupIntents: saving a payment method without a payment."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.fields import change, merged_metadata
from ..protocol.pagination import page
from ..protocol.routing import Route
from . import confirmation, customers, payment_methods
from .behaviours import decline_error

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def _create(call):
    params = call.params
    if params.get("customer"):
        customers.customer_in_use(call, params["customer"])
    intent = _new(call, params)
    method = confirmation.given_method(call, params, publishable=call.publishable)
    if method is not None:
        confirmation.check_method(intent, method)
        intent.update(payment_method=method["id"], status="requires_confirmation")
    if params.get("confirm"):
        confirmation.check_return_url(intent, params.get("return_url"))
    call.side.add(intent)
    emit(call, "setup_intent.created", intent)
    if params.get("confirm"):
        confirm(call, intent, method, params)
    return intent


def _new(call, params):
    intent_id = ids.new_id("setup_intent")
    kinds, automatic = confirmation.method_types(call, params)
    return {
        "id": intent_id,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "application": None,
        "attach_to_self": None,
        "automatic_payment_methods": automatic,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{ids.random_text(33)}",
        "created": call.now,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": call.side.livemode,
        "mandate": None,
        "metadata": merged_metadata({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options") or {},
        "payment_method_types": kinds,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage") or "off_session",
    }


def confirm(context, intent, method, params):
    """Check the payment method with its issuer and save it."""
    confirmation.check_status(intent, "confirm", CONFIRMABLE)
    if method is None and intent["payment_method"]:
        method = context.get("payment_method", intent["payment_method"])
    if method is None:
        raise invalid(
            "You cannot confirm this SetupIntent because it's missing a payment "
            "method.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    confirmation.check_method(intent, method)
    confirmation.check_return_url(intent, params.get("return_url"))
    mandate = confirmation.mandate_for(context, method, params, multi_use=True)
    intent.update(
        payment_method=method["id"],
        last_setup_error=None,
        next_action=None,
        mandate=mandate["id"] if mandate else None,
    )
    # Saving a card is what `unless_set_up` cards ask about, so nothing is set up yet.
    if payment_methods.behaviour(method).authentication != "never":
        intent["status"] = "requires_action"
        intent["next_action"] = confirmation.next_action(
            context,
            intent,
            params.get("return_url"),
            use_stripe_sdk=params.get("use_stripe_sdk"),
        )
        emit(context, "setup_intent.requires_action", intent)
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
    intent = call.get("setup_intent", call.ids["intent"])
    secret = call.params.get("client_secret")
    confirmation.check_secret(intent, secret, publishable=call.publishable)
    confirmation.check_status(intent, "confirm", CONFIRMABLE)
    method = confirmation.given_method(call, call.params, publishable=call.publishable)
    return confirm(call, intent, method, call.params)


def _retrieve(call):
    intent = call.get("setup_intent", call.ids["intent"])
    secret = call.params.get("client_secret")
    confirmation.check_secret(intent, secret, publishable=call.publishable)
    return intent


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
        confirmation.check_status(intent, "update", CONFIRMABLE)
    method = confirmation.given_method(call, params, publishable=call.publishable)
    change(intent, **changes)
    if method is not None:
        confirmation.check_method(intent, method)
        intent.update(payment_method=method["id"], status="requires_confirmation")
    return intent


def _cancel(call):
    intent = call.get("setup_intent", call.ids["intent"])
    confirmation.check_status(intent, "cancel", CONFIRMABLE)
    intent.update(
        status="canceled",
        cancellation_reason=call.params.get("cancellation_reason"),
        next_action=None,
    )
    emit(call, "setup_intent.canceled", intent)
    return intent


def _list(call):
    wanted = {
        name: call.params[name]
        for name in ("customer", "payment_method")
        if name in call.params
    }
    intents = call.side.all("setup_intent")
    return page(
        call,
        [
            intent
            for intent in intents
            if all(intent[name] == value for name, value in wanted.items())
        ],
    )


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

"""What a PaymentIntent and a SetupIntent do alike: begin, be read, be confirmed."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.fields import merged_metadata
from . import confirmation

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
# What Stripe adds when no payment method is there to confirm with.
_ADVICE = {
    "payment_intent": " You can either update the PaymentIntent with a payment method"
    " and then confirm it again, or confirm it again directly with a payment method or"
    " ConfirmationToken."
}


def new(call, kind, method_types, secret_length):
    """Return the fields that every new intent has.

    :param method_types: (payment_method_types, automatic_payment_methods)
    """
    intent_id = ids.new_id(kind)
    kinds, automatic = method_types
    params = call.params
    return {
        "id": intent_id,
        "object": kind,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": automatic,
        "client_secret": f"{intent_id}_secret_{ids.random_text(secret_length)}",
        "created": call.now,
        "customer": params.get("customer"),
        "description": params.get("description"),
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "livemode": call.side.livemode,
        "metadata": merged_metadata({}, params.get("metadata")),
        "payment_method_types": kinds,
        "status": "requires_payment_method",
    }


def retrieve(call, kind):
    """Return an intent to who may see it: a browser proves that by its secret."""
    intent = call.get(kind, call.ids["intent"])
    secret = call.params.get("client_secret")
    confirmation.check_secret(intent, secret, publishable=call.publishable)
    return intent


def given_method(call):
    """Return the payment method that a call names or describes, or None."""
    return confirmation.given_method(call, call.params, publishable=call.publishable)


def choose(intent, method):
    """Let an intent wait for its confirmation with the method that is given."""
    if method is not None:
        confirmation.check_method(intent, method)
        intent.update(payment_method=method["id"], status="requires_confirmation")


def method_to_confirm(context, intent, method, params):
    """Return the payment method with which an intent can be confirmed now."""
    confirmation.check_status(intent, "confirm", CONFIRMABLE)
    if method is None and intent["payment_method"]:
        method = context.get("payment_method", intent["payment_method"])
    if method is None:
        raise _method_missing(intent)
    confirmation.check_method(intent, method)
    confirmation.check_return_url(intent, params.get("return_url"))
    return method


def _method_missing(intent):
    kind = intent["object"]
    return invalid(
        f"You cannot confirm this {confirmation.label(intent)} because it's missing a"
        f" payment method.{_ADVICE.get(kind, '')}",
        code=f"{kind}_unexpected_state",
        **{kind: intent},
    )


def ask_cardholder(context, intent, params):
    """Let an intent wait for the cardholder's answer."""
    intent["status"] = "requires_action"
    intent["next_action"] = confirmation.next_action(
        context,
        intent,
        params.get("return_url"),
        use_stripe_sdk=params.get("use_stripe_sdk"),
    )
    emit(context, f"{intent['object']}.requires_action", intent)

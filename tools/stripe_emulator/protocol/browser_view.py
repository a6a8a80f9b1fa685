"""What a browser with a publishable key sees of an intent.

https://docs.stripe.com/api/payment_intents/retrieve: with a publishable key only a
subset of the properties is returned.
"""

_COMMON = {
    "id",
    "object",
    "automatic_payment_methods",
    "cancellation_reason",
    "client_secret",
    "created",
    "description",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "status",
}
_SUBSETS = {
    "payment_intent": _COMMON
    | {
        "amount",
        "amount_details",
        "canceled_at",
        "capture_method",
        "confirmation_method",
        "currency",
        "last_payment_error",
        "processing",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "source",
    },
    "setup_intent": _COMMON | {"last_setup_error", "usage"},
}


def browser_view(public):
    """Return the part of a rendered object that a publishable key may read."""
    subset = _SUBSETS.get(public.get("object"))
    if subset is None:
        return public
    return {name: value for name, value in public.items() if name in subset}

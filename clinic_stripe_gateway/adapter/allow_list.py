"""What may leave for Stripe: amounts, currencies and opaque references.

One table, because a practice must be able to read in one place what a payment
company learns: no name, no address, no service, no invoice number. What is not in
it does not leave, whichever module asked for it.
"""

import re

from .origin_seal import NAMES as SEALED
from .payload import to_nested, to_path, to_paths

# Ids of Stripe's own objects, and how much of a list is wanted.
READING = frozenset(
    {
        "charge",
        "created.*",
        "customer",
        "ending_before",
        "expand",
        "limit",
        "payment_intent",
        "starting_after",
        "type",
    }
)
INTENT = frozenset(
    {
        "amount",
        "capture_method",
        "confirm",
        "currency",
        "customer",
        "description",
        "expand",
        "mandate",
        "off_session",
        "payment_method",
        "payment_method_options.card.mandate_options.*",
        "payment_method_options.card_present.capture_method",
        "payment_method_types",
        "setup_future_usage",
        "usage",
    }
)
WEBHOOK_ENDPOINT = frozenset({"api_version", "disabled", "enabled_events", "url"})

# Endpoint, without ids: the fields that may be sent to it.
WRITING = {
    "apple_pay/domains": frozenset({"domain_name"}),
    "customers": frozenset({"metadata.reference"}),
    # Sealed: which of Odoo's records it is for, in case that Odoo forgets.
    "payment_intents": INTENT | {f"metadata.{name}" for name in SEALED},
    "payment_intents/*/cancel": frozenset({"cancellation_reason", "expand"}),
    "payment_intents/*/capture": frozenset({"amount_to_capture", "expand"}),
    "payment_methods/*/detach": frozenset(),
    "refunds": frozenset(
        {"amount", "charge", "expand", "metadata.reference", "payment_intent"}
    ),
    "setup_intents": INTENT,
    "setup_intents/*/cancel": frozenset({"cancellation_reason", "expand"}),
    "terminal/connection_tokens": frozenset(),
    "webhook_endpoints": WEBHOOK_ENDPOINT,
    "webhook_endpoints/*": WEBHOOK_ENDPOINT,
}
# False is what Core writes for an id that it does not know; Stripe will refuse it.
STRIPE_ID = re.compile(r"[a-z]+_[A-Za-z0-9_]+|False")
KNOWN_WORDS = frozenset(word for name in WRITING for word in name.split("/"))


class NotAllowed(Exception):
    """A request to an endpoint that nothing may be sent to."""


def only_allowed(method, endpoint, payload):
    """Return what of this payload may leave, as nested dictionaries.

    :param str method: of HTTP
    :param str endpoint: below ``/v1/``
    :param payload: as any module of Odoo hands it over
    :raise NotAllowed: nothing may be written to that endpoint
    """
    allowed = _allowed(method, endpoint)
    kept = {
        path: value
        for path, value in to_paths(payload).items()
        if _is_allowed(path, allowed) and _is_plain(value)
    }
    return to_nested(kept)


def without_forbidden(method, endpoint, payload):
    """Return the payload in its own shape, without what may not leave.

    For Core's own transport, which writes nesting into the keys.

    :raise NotAllowed: nothing may be written to that endpoint
    """
    allowed = _allowed(method, endpoint)
    if isinstance(payload, dict):
        return {
            key: value
            for key, value in payload.items()
            if _is_allowed(to_path(key), allowed) and _is_plain(value)
        }
    return [
        (key, value)
        for key, value in payload or ()
        if _is_allowed(to_path(key), allowed) and _is_plain(value)
    ]


def _allowed(method, endpoint):
    """Return the names of the fields that may be sent."""
    if method.upper() == "GET":
        return READING
    name = "/".join(
        "*" if STRIPE_ID.fullmatch(word) and word not in KNOWN_WORDS else word
        for word in endpoint.strip("/").split("/")
    )
    if name not in WRITING:
        raise NotAllowed(f"Nothing may be sent to {name}.")
    return WRITING[name]


def _is_allowed(path, allowed):
    name = ".".join(path)
    folders = (".".join((*path[:depth], "*")) for depth in range(1, len(path)))
    return name in allowed or any(folder in allowed for folder in folders)


def _is_plain(value):
    """Whether it is one value or a list of them: what is nested bears other names."""
    values = value if isinstance(value, list | tuple | set) else (value,)
    return not any(isinstance(each, dict | list | tuple | set) for each in values)

"""Parameters that Stripe accepts although the SDK's types do not list them.

The SDK describes its own version only. Parameters that Stripe adds are accepted by all
versions, so an older version differs by what was removed since. This list holds the
removals that a card integration meets; each line says why it is there.
"""

from dataclasses import dataclass

from .params import STRING, ListOf, Scalar
from .versions import NO_METHOD_TYPES

# https://docs.stripe.com/changelog/endive/2026-09-30/ (removes the parameter from
# PaymentIntents and SetupIntents). The confirm method of a SetupIntent never had it.
_METHOD_TYPES = ListOf(STRING)

# Sources are no part of the current specification's intents any more; versions of 2019
# still took a source or card id here in place of a payment method.
_SOURCES_UNTIL = "2020-08-27"


@dataclass(frozen=True)
class Removed:
    """A parameter that versions older than `until` accept."""

    name: str
    accepts: object
    until: str


_INTENT = (
    Removed("payment_method_types", _METHOD_TYPES, NO_METHOD_TYPES),
    Removed("source", STRING, _SOURCES_UNTIL),
    # Replaced by setup_future_usage in 2019 and accepted for a while beside it.
    Removed("save_payment_method", Scalar(bool), _SOURCES_UNTIL),
)
_SETUP = (Removed("payment_method_types", _METHOD_TYPES, NO_METHOD_TYPES),)

REMOVED = {
    "PaymentIntentCreateParams": _INTENT,
    "PaymentIntentUpdateParams": _INTENT,
    "PaymentIntentConfirmParams": _INTENT,
    "SetupIntentCreateParams": _SETUP,
    "SetupIntentUpdateParams": _SETUP,
}


# Stripe.js sends the client secret with a confirmation; server libraries do not.
_BROWSER = {"client_secret": STRING}
BROWSER = {
    "PaymentIntentConfirmParams": _BROWSER,
    "SetupIntentConfirmParams": _BROWSER,
}


def additions(struct_name, version):
    """Return name → type of what is accepted beyond the SDK's parameters."""
    removed = REMOVED.get(struct_name, ())
    kept = {each.name: each.accepts for each in removed if version.before(each.until)}
    return {**kept, **BROWSER.get(struct_name, {})}

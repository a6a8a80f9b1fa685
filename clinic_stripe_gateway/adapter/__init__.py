"""The only package that talks to Stripe; it knows nothing of Odoo.

SDK objects never leave it: callers get plain dictionaries in Core's dialect, or
the frozen values of :mod:`values`, and the errors of :mod:`errors`.
"""

from .allow_list import NotAllowed, without_forbidden
from .client import TIMEOUT_SECONDS, StripeGateway, gateway_for
from .errors import (
    Declined,
    GatewayError,
    KeyReused,
    OutcomeUnknown,
    Rejected,
    TryLater,
)
from .disclosure_client import recorded_by
from .origin_seal import gather, seal, unseal
from .values import IntentSnapshot
from .webhook import (
    EventHint,
    SignatureInvalid,
    is_readable_by_core,
    is_signed,
    read_verified,
)

__all__ = [
    "TIMEOUT_SECONDS",
    "Declined",
    "EventHint",
    "GatewayError",
    "IntentSnapshot",
    "KeyReused",
    "NotAllowed",
    "OutcomeUnknown",
    "Rejected",
    "SignatureInvalid",
    "StripeGateway",
    "TryLater",
    "gather",
    "gateway_for",
    "is_readable_by_core",
    "is_signed",
    "read_verified",
    "recorded_by",
    "seal",
    "unseal",
    "without_forbidden",
]

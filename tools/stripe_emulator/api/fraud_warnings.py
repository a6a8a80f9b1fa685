"""Early fraud warnings: a bank says that a card was abused, before any dispute.

https://docs.stripe.com/disputes/measuring#early-fraud-warnings
"""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.pagination import page
from ..protocol.routing import Route

KIND = "radar.early_fraud_warning"


def create(context, charge, *, fraud_type="made_with_stolen_card"):
    """Warn of a charge; there is something to do while it can be refunded."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    warning = context.side.add(
        {
            "id": ids.new_id(KIND),
            "object": KIND,
            "actionable": left > 0 and not charge["disputed"],
            "charge": charge["id"],
            "created": context.now,
            "fraud_type": fraud_type,
            "livemode": context.side.livemode,
            "payment_intent": charge["payment_intent"],
        }
    )
    emit(context, f"{KIND}.created", warning)
    return warning


def _retrieve(call):
    return call.get(KIND, call.ids["warning"])


def _list(call):
    return page(call, call.side.all(KIND))


_ALL = "/v1/radar/early_fraud_warnings"
ROUTES = (
    Route("GET", _ALL, _list, "radar.EarlyFraudWarningListParams", KIND),
    Route(
        "GET",
        f"{_ALL}/{{warning}}",
        _retrieve,
        "radar.EarlyFraudWarningRetrieveParams",
        KIND,
    ),
)

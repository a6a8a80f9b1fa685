"""Refunds: created through the API or the dashboard, settled at once or later."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid, refused_parameter, resource_missing
from ..protocol.fields import change, merged_metadata
from ..protocol.pagination import matching, page
from ..protocol.rendering import visible
from ..protocol.routing import Route
from ..scheduler import task
from . import balance, charges, confirmation, payment_methods
from .currencies import check_step, format_amount

DAY = 24 * 3600
# When a pending refund succeeds, or a failing one fails (seconds after creation).
SETTLES_AFTER = DAY
_UNDER_WAY = ("pending", "requires_action")
# While, or after, the bank holds the money, a refund would pay it back twice.
_WITHHELD = ("needs_response", "under_review", "lost")


def create(context, charge, amount=None, *, reason=None, metadata=None):
    """Refund a charge, wholly or in part, and return the refund."""
    _check_refundable(context, charge)
    amount = _check_amount(charge, amount)
    method = context.get("payment_method", charge["payment_method"])
    outcome = payment_methods.behaviour(method).refund
    if method["type"] in confirmation.DEBITS and outcome == "succeeds":
        outcome = "pending"
    refund = context.side.add(_new(context, charge, amount, reason, metadata))
    refund["status"] = "pending" if outcome == "pending" else "succeeded"
    kind = "refund" if method["type"] == "card" else "payment_refund"
    transaction = balance.record(context, kind, refund, -amount, category="refund")
    refund["balance_transaction"] = transaction["id"]
    refunded = charge["amount_refunded"] + amount
    previous = change(
        charge,
        amount_refunded=refunded,
        refunded=refunded == charge["amount_captured"],
    )
    emit(context, "charge.refunded", charge, previous=previous)
    emit(context, "refund.created", refund)
    if outcome != "succeeds":
        due = context.now + SETTLES_AFTER
        name = "refund.succeed" if outcome == "pending" else "refund.fail"
        context.side.later(due, name, refund["id"])
    return refund


def _check_refundable(context, charge):
    """Refuse to refund what was not collected or is disputed."""
    dispute = context.side.find("dispute", charge["_dispute"])
    if dispute and dispute["status"] in _WITHHELD:
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(
            f"Charge {charge['id']} has not been captured; cannot issue a refund.",
            code="charge_not_refundable",
        )


def _check_amount(charge, amount):
    """Return the amount to refund; by default all that is left."""
    left = charges.refundable(charge)
    if left == 0:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    if amount is None:
        return left
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param="amount",
            code="parameter_invalid_integer",
        )
    if amount > left:
        currency = charge["currency"]
        raise invalid(
            f"Refund amount ({format_amount(amount, currency)}) is greater than "
            f"unrefunded amount on charge ({format_amount(left, currency)})",
            param="amount",
            code="amount_too_large",
        )
    check_step(amount, charge["currency"])
    return amount


def _new(context, charge, amount, reason, metadata):
    return {
        "id": ids.new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": context.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": merged_metadata({}, metadata),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": None,
        "transfer_reversal": None,
    }


@task("refund.succeed")
def succeed_by_id(context, refund_id):
    """Let a pending refund reach the cardholder."""
    refund = context.get("refund", refund_id)
    if refund["status"] not in _UNDER_WAY:
        raise invalid(f"Refund {refund_id} is not pending.")
    context.side.forget_tasks(refund_id)
    previous = change(refund, status="succeeded")
    _emit_update(context, refund, previous)
    return refund


@task("refund.fail")
def fail_by_id(context, refund_id, reason="expired_or_canceled_card"):
    """Let a refund come back: the money is on the balance again."""
    refund = context.get("refund", refund_id)
    if refund["status"] not in (*_UNDER_WAY, "succeeded"):
        raise invalid(f"Refund {refund_id} has already {refund['status']}.")
    previous = _take_back(context, refund, "failed", reason)
    emit(context, "refund.failed", refund)
    _emit_update(context, refund, previous)
    return refund


def require_action_by_id(context, refund_id):
    """Let a pending refund wait until the payer says where the money is to go."""
    refund = context.get("refund", refund_id)
    if refund["status"] != "pending":
        raise invalid(f"Refund {refund_id} is not pending.")
    context.side.forget_tasks(refund_id)
    previous = change(refund, status="requires_action")
    _emit_update(context, refund, previous)
    return refund


def cancel_by_id(context, refund_id):
    """Call off a refund that waits for the payer."""
    refund = context.get("refund", refund_id)
    if refund["status"] != "requires_action":
        raise invalid(
            f"Refund {refund_id} cannot be canceled: only refunds with the status "
            f"requires_action can, and this one is {refund['status']}.",
            code="refund_unexpected_state",
        )
    previous = _take_back(context, refund, "canceled", "merchant_request")
    _emit_update(context, refund, previous)
    return refund


def _take_back(context, refund, status, reason):
    """Put the money on the balance again; return what the refund was before."""
    context.side.forget_tasks(refund["id"])
    transaction = balance.record(
        context, "refund_failure", refund, refund["amount"], available_now=True
    )
    charge = context.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    return change(
        refund,
        status=status,
        failure_reason=reason,
        failure_balance_transaction=transaction["id"],
    )


def _emit_update(context, refund, previous):
    """Tell about a changed refund, in the old and in the new way."""
    emit(context, "charge.refund.updated", refund, previous=previous)
    emit(context, "refund.updated", refund, previous=previous)


def charge_of(context, params):
    """Return the charge that a `charge` or a `payment_intent` parameter means."""
    if params.get("charge") and params.get("payment_intent"):
        raise refused_parameter(
            "You may only pass one of `charge`, `payment_intent`.", param="charge"
        )
    if params.get("charge"):
        return context.get("charge", params["charge"], param="charge")
    if not params.get("payment_intent"):
        raise refused_parameter(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.",
            param="charge",
            code="parameter_missing",
        )
    intent = context.get(
        "payment_intent", params["payment_intent"], param="payment_intent"
    )
    charge = context.side.find("charge", intent["latest_charge"])
    if charge is None or charge["status"] != "succeeded":
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to "
            "refund.",
            code="payment_intent_unexpected_state",
        )
    return charge


def _create(call):
    params = call.params
    return create(
        call,
        charge_of(call, params),
        params.get("amount"),
        reason=params.get("reason"),
        metadata=params.get("metadata"),
    )


def _retrieve(call):
    refund = call.get("refund", call.ids["refund"])
    if not visible(refund, call.version):
        # For newer versions the release of an authorisation is no refund.
        raise resource_missing("refund", refund["id"], param="id")
    return refund


def _update(call):
    refund = _retrieve(call)
    metadata = merged_metadata(refund["metadata"], call.params.get("metadata"))
    previous = change(refund, metadata=metadata)
    if previous:
        _emit_update(call, refund, previous)
    return refund


def _cancel(call):
    return cancel_by_id(call, _retrieve(call)["id"])


def _list(call):
    names = ("charge", "payment_intent")
    for name in names:
        if name in call.params:
            call.get(name, call.params[name], param=name)
    refunds = matching(call, "refund", *names)
    return page(call, [each for each in refunds if visible(each, call.version)])


_ONE = "/v1/refunds/{refund}"
ROUTES = (
    Route("POST", "/v1/refunds", _create, "RefundCreateParams", "refund"),
    Route("GET", "/v1/refunds", _list, "RefundListParams", "refund"),
    Route("GET", _ONE, _retrieve, "RefundRetrieveParams", "refund"),
    Route("POST", _ONE, _update, "RefundUpdateParams", "refund"),
    Route("POST", f"{_ONE}/cancel", _cancel, "RefundCancelParams", "refund"),
)

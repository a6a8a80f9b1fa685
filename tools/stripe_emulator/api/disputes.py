"""Disputes: money that the cardholder's bank takes back.

https://docs.stripe.com/disputes/how-disputes-work
"""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.fields import change, merged_metadata
from ..protocol.pagination import matching, page
from ..protocol.routing import Route
from ..scheduler import task
from . import balance
from .payment_methods import behaviour

DAY = 24 * 3600
# How long there is to answer (seconds).
EVIDENCE_DUE = 9 * DAY
OPEN = ("needs_response", "under_review")
INQUIRY = ("warning_needs_response", "warning_under_review")
_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
# Texts that decide a test dispute: https://docs.stripe.com/testing#evidence
_DECISIONS = {"winning_evidence": "dispute.win", "losing_evidence": "dispute.lose"}


def create(context, charge, *, reason="fraudulent", amount=None, inquiry=False):
    """Open a dispute about a charge; the money is withdrawn unless it is an inquiry."""
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} is already disputed.")
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise invalid(f"Only {left} of charge {charge['id']} can be disputed.")
    dispute = context.side.add(_new(context, charge, reason, amount, inquiry))
    charge.update(disputed=True, _dispute=dispute["id"])
    if not inquiry:
        _move_money(context, dispute, -amount, balance.dispute_fee(charge["currency"]))
    emit(context, "charge.dispute.created", dispute)
    if not inquiry:
        emit(context, "charge.dispute.funds_withdrawn", dispute)
    due = dispute["evidence_details"]["due_by"]
    context.side.later(due, "dispute.expire", dispute["id"])
    return dispute


def _new(context, charge, reason, amount, inquiry):
    card = charge["payment_method_details"].get("card")
    network_code = "83" if reason == "fraudulent" else "13.1"
    return {
        "id": ids.new_id("dispute"),
        "object": "dispute",
        "amount": amount,
        "charge": charge["id"],
        "created": context.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE),
        "evidence_details": {
            "due_by": context.now + EVIDENCE_DUE,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": context.side.livemode,
        "metadata": {},
        "network_reason_code": network_code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": card
        and {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": network_code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
        "_balance_transactions": [],
    }


def _move_money(context, dispute, amount, fee=0):
    """Book money that leaves (negative) or comes back."""
    transaction = balance.record(
        context,
        "adjustment",
        dispute,
        amount,
        fee=fee,
        available_now=True,
        category="dispute" if amount < 0 else "dispute_reversal",
    )
    dispute["_balance_transactions"].append(transaction["id"])


@task("dispute.open_by_card")
def _open_by_card(context, charge_id):
    """Open the dispute that a test card stands for."""
    charge = context.get("charge", charge_id)
    known = behaviour(context.get("payment_method", charge["payment_method"]))
    if not charge["disputed"] and charge["amount_captured"] > charge["amount_refunded"]:
        create(context, charge, reason=known.dispute, inquiry=known.inquiry)


@task("dispute.win")
def win(context, dispute_id):
    """Decide for the merchant: the money comes back, the fee does not."""
    dispute = _undecided(context, dispute_id)
    inquiry = dispute["status"] in INQUIRY
    previous = change(dispute, status="warning_closed" if inquiry else "won")
    charge = context.get("charge", dispute["charge"])
    if inquiry:
        charge["disputed"] = False
    else:
        _move_money(context, dispute, dispute["amount"])
        emit(context, "charge.dispute.funds_reinstated", dispute)
    emit(context, "charge.dispute.closed", dispute, previous=previous)
    return dispute


@task("dispute.lose")
def lose(context, dispute_id):
    """Decide for the cardholder: the withdrawn money is gone."""
    dispute = _undecided(context, dispute_id)
    if dispute["status"] in INQUIRY:
        # An inquiry that escalates first becomes a chargeback with its withdrawal.
        fee = balance.dispute_fee(dispute["currency"])
        _move_money(context, dispute, -dispute["amount"], fee)
        emit(context, "charge.dispute.funds_withdrawn", dispute)
    previous = change(dispute, status="lost")
    emit(context, "charge.dispute.closed", dispute, previous=previous)
    return dispute


@task("dispute.expire")
def _expire(context, dispute_id):
    """Close a dispute to which nobody answered in time."""
    dispute = context.get("dispute", dispute_id)
    dispute["evidence_details"]["past_due"] = True
    if dispute["status"] in INQUIRY:
        win(context, dispute_id)
    else:
        lose(context, dispute_id)


def _undecided(context, dispute_id):
    dispute = context.get("dispute", dispute_id)
    if dispute["status"] not in (*OPEN, *INQUIRY):
        raise invalid(
            f"This dispute is already closed with the status {dispute['status']}.",
            code="dispute_unexpected_state",
        )
    context.side.forget_tasks(dispute_id)
    return dispute


def _retrieve(call):
    return call.get("dispute", call.ids["dispute"])


def _update(call):
    """Add evidence; unless `submit` is false it goes to the bank at once."""
    dispute = _retrieve(call)
    params, changes = call.params, {}
    if "metadata" in params:
        changes["metadata"] = merged_metadata(dispute["metadata"], params["metadata"])
    if params.get("evidence"):
        _undecided(call, dispute["id"])
        changes["evidence"] = {**dispute["evidence"], **params["evidence"]}
        changes["evidence_details"] = {
            **dispute["evidence_details"],
            "has_evidence": True,
        }
    if params.get("evidence") and params.get("submit", True):
        inquiry = dispute["status"] in INQUIRY
        changes["status"] = "warning_under_review" if inquiry else "under_review"
        changes["evidence_details"]["submission_count"] += 1
    previous = change(dispute, **changes)
    if previous:
        emit(call, "charge.dispute.updated", dispute, previous=previous)
    decision = _DECISIONS.get(dispute["evidence"]["uncategorized_text"])
    if decision and dispute["status"].endswith("under_review"):
        call.side.later(call.now, decision, dispute["id"])
    elif dispute["status"] in (*OPEN, *INQUIRY):
        due = dispute["evidence_details"]["due_by"]
        call.side.forget_tasks(dispute["id"])
        if not dispute["status"].endswith("under_review"):
            call.side.later(due, "dispute.expire", dispute["id"])
    return dispute


def _close(call):
    """Accept a dispute as lost."""
    dispute = _retrieve(call)
    if dispute["status"] in INQUIRY:
        return win(call, dispute["id"])
    return lose(call, dispute["id"])


def _list(call):
    return page(call, matching(call, "dispute", "charge", "payment_intent"))


_ONE = "/v1/disputes/{dispute}"
ROUTES = (
    Route("GET", "/v1/disputes", _list, "DisputeListParams", "dispute"),
    Route("GET", _ONE, _retrieve, "DisputeRetrieveParams", "dispute"),
    Route("POST", _ONE, _update, "DisputeUpdateParams", "dispute"),
    Route("POST", f"{_ONE}/close", _close, "DisputeCloseParams", "dispute"),
)

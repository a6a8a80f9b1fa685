"""Authorised charges: capturing them, and releasing what is not captured."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.versions import NO_RELEASE_REFUND
from . import charges
from .currencies import check_step


def check(charge, amount):
    """Refuse to capture more than was authorised, or nothing."""
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param="amount_to_capture",
            code="parameter_invalid_integer",
        )
    if amount > charge["amount"]:
        raise invalid(
            f"The provided `amount_to_capture` {amount} is greater than the amount "
            f"that can be captured for this charge, {charge['amount']}.",
            param="amount_to_capture",
            code="amount_too_large",
        )
    check_step(amount, charge["currency"], "amount_to_capture")


def capture(context, charge, amount):
    """Capture an authorised charge; what is left of it is released.

    Until 2025-03-31 the released rest was a refund:
    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    """
    charge.update(captured=True, amount_captured=amount, paid=True)
    charges.settle(context, charge)
    rest = charge["amount"] - amount
    if rest:
        release(context, charge, rest)
    emit(context, "charge.captured", charge, previous={"captured": False})
    if rest:
        emit(context, "charge.refunded", charge, before=NO_RELEASE_REFUND)


def release(context, charge, amount):
    """Give back an authorised amount; older versions see that as a refund."""
    charge["_released"] += amount
    context.side.add(
        {
            "id": ids.new_id("refund"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": context.now,
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
            "_release": True,
        }
    )

"""The life of a PaymentIntent: confirm, authenticate, succeed, fail, capture, cancel.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from ..delivery.events import emit
from ..protocol.errors import ApiError
from ..protocol.versions import NO_RELEASE_REFUND
from ..scheduler import task
from . import bank_accounts, charges, confirmation, intents, payment_methods
from .behaviours import DECLINES, decline_error

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
)
DAY = 24 * 3600
# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
AUTHORISATION_LASTS = 7 * DAY


def confirm(context, intent, method, params):
    """Try to collect the payment; raises Stripe's 402 when it is declined."""
    method = intents.method_to_confirm(context, intent, method, params)
    multi_use = bool(intent["setup_future_usage"])
    mandate = confirmation.mandate_for(context, method, params, multi_use=multi_use)
    intent.update(
        payment_method=method["id"],
        last_payment_error=None,
        next_action=None,
        _mandate=mandate["id"] if mandate else None,
        _off_session=bool(params.get("off_session")),
        _three_d_secure=None,
    )
    if confirmation.needs_authentication(method, off_session=intent["_off_session"]):
        _ask_cardholder(context, intent, method, params)
    else:
        collect(context, intent, method)
    return intent


def _ask_cardholder(context, intent, method, params):
    """Wait for the cardholder; nobody is there off-session."""
    if intent["_off_session"] or params.get("error_on_requires_action"):
        decline(context, intent, method, "authentication_required")
    intents.ask_cardholder(context, intent, params)


def authenticate(context, intent, *, success):
    """Continue after the cardholder's answer; a decline ends in the intent's error."""
    method = context.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not success:
        error = confirmation.authentication_failure(context, intent, method)
        intent.update(
            status="requires_payment_method",
            payment_method=None,
            last_payment_error=error,
        )
        emit(context, "payment_intent.payment_failed", intent)
        return
    intent["_three_d_secure"] = {
        "authentication_flow": "challenge",
        "result": "authenticated",
        "version": "2.2.0",
    }
    try:
        collect(context, intent, method)
    except ApiError:
        # The browser that authenticated reads the decline from the intent.
        return


def collect(context, intent, method):
    """Move the money: at once with a card, later with a bank debit."""
    known = payment_methods.behaviour(method)
    if method["type"] in confirmation.DEBITS:
        _start_debit(context, intent, method)
    elif known.decline:
        decline(context, intent, method, known.decline)
    else:
        _charge_card(context, intent, method)


def decline(context, intent, method, reason):
    """Record a failed attempt and raise the 402 for it."""
    charge = charges.new(
        context, intent, method, status="failed", captured=False, reason=reason
    )
    _fail(context, intent, method, charge, reason)
    raise decline_error(
        reason, charge=charge["id"], payment_intent=intent, payment_method=method
    )


def _fail(context, intent, method, charge, reason):
    """Return an intent to the start with its error."""
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        last_payment_error=confirmation.failure(context, reason, method, charge["id"]),
    )
    emit(context, "charge.failed", charge)
    emit(context, "payment_intent.payment_failed", intent)


def _charge_card(context, intent, method):
    """Charge or authorise a card that agrees."""
    manual = intent["capture_method"] == "manual"
    charge = charges.new(
        context, intent, method, status="succeeded", captured=not manual
    )
    if manual:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        due = context.now + AUTHORISATION_LASTS
        context.side.later(due, "payment_intent.expire", intent["id"])
    else:
        hidden = intent["capture_method"] == "automatic_async"
        charges.settle(context, charge, hidden=hidden)
        intent.update(status="succeeded", amount_received=intent["amount"])
    emit(context, "charge.succeeded", charge)
    _keep_method(context, intent, method)
    if manual:
        emit(context, "payment_intent.amount_capturable_updated", intent)
    else:
        emit(context, "payment_intent.succeeded", intent)
    _start_dispute(context, charge, method)


def _keep_method(context, intent, method):
    """Save the method for later payments if that was asked, else it is spent."""
    if intent["setup_future_usage"]:
        method["_set_up"] |= intent["setup_future_usage"] == "off_session"
        if intent["customer"] and method["customer"] is None:
            payment_methods.attach(context, method, intent["customer"])
    elif method["customer"] is None:
        method["_spent"] = True


def _start_dispute(context, charge, method):
    if payment_methods.behaviour(method).dispute:
        context.side.later(context.now, "dispute.open_by_card", charge["id"])


def _start_debit(context, intent, method):
    """Send a debit to the bank; it stays `processing` for days."""
    charge = charges.new(context, intent, method, status="pending", captured=True)
    intent.update(status="processing", processing={"type": method["type"]})
    emit(context, "payment_intent.processing", intent)
    emit(context, "charge.pending", charge)
    if payment_methods.behaviour(method).settlement != "stays":
        due = context.now + bank_accounts.SETTLEMENT[method["type"]]
        context.side.later(due, "payment_intent.settle", intent["id"])


@task("payment_intent.settle")
def settle_debit(context, intent_id, reason=None):
    """End a debit as its test account says, or with a `reason` to fail."""
    intent = context.get("payment_intent", intent_id)
    method = context.get("payment_method", intent["payment_method"])
    known = payment_methods.behaviour(method)
    if known.settlement == "fails":
        reason = reason or known.decline
    finish_debit(context, intent, reason)


def finish_debit(context, intent, reason=None):
    """Let a processing payment succeed, or fail for a reason of DECLINES."""
    confirmation.check_status(intent, "settle", ("processing",))
    context.side.forget_tasks(intent["id"])
    method = context.get("payment_method", intent["payment_method"])
    charge = context.get("charge", intent["latest_charge"])
    if reason:
        text = DECLINES[reason]
        charge.update(
            status="failed",
            paid=False,
            captured=False,
            amount_captured=0,
            failure_code=text.code,
            failure_message=text.message,
        )
        _fail(context, intent, method, charge, reason)
        return
    charge.update(status="succeeded", paid=True)
    charges.settle(context, charge)
    intent.update(status="succeeded", processing=None, amount_received=intent["amount"])
    emit(context, "charge.succeeded", charge)
    _keep_method(context, intent, method)
    emit(context, "payment_intent.succeeded", intent)
    _start_dispute(context, charge, method)


def capture(context, intent, amount=None):
    """Capture an authorised payment, wholly or in part."""
    confirmation.check_status(intent, "capture", ("requires_capture",))
    charge = context.get("charge", intent["latest_charge"])
    amount = charge["amount"] if amount is None else amount
    charges.check_capture(charge, amount)
    context.side.forget_tasks(intent["id"])
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    charges.capture(context, charge, amount)
    emit(context, "payment_intent.succeeded", intent)
    method = context.get("payment_method", intent["payment_method"])
    _start_dispute(context, charge, method)
    return intent


def cancel(context, intent, reason=None):
    """Cancel an intent; what was authorised is released."""
    confirmation.check_status(intent, "cancel", CANCELABLE)
    context.side.forget_tasks(intent["id"])
    authorised = intent["status"] == "requires_capture"
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=context.now,
        cancellation_reason=reason,
        next_action=None,
    )
    if authorised:
        charge = context.get("charge", intent["latest_charge"])
        charges.release(context, charge, charge["amount"])
        emit(context, "charge.refunded", charge, before=NO_RELEASE_REFUND)
        if reason == "expired":
            emit(context, "charge.expired", charge)
    emit(context, "payment_intent.canceled", intent)
    return intent


@task("payment_intent.expire")
def _expire(context, intent_id):
    """Release an authorisation that nobody captured in time."""
    cancel(context, context.get("payment_intent", intent_id), "expired")

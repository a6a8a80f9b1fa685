"""Control operations that stand for banks, cardholders and dashboard users."""

from ..api import (
    disputes,
    fraud_warnings,
    payment_flow,
    payment_methods,
    refunds,
    setup_intents,
)
from ..api.behaviours import DECLINES
from ..delivery.events import emit
from ..protocol.rendering import render
from .operations import context_of, find_anywhere, operation, side_of


def _shown(context, obj):
    return render(context.side, obj, context.version)


def _create_dispute(
    emulator,
    charge=None,
    payment_intent=None,
    reason="fraudulent",
    amount=None,
    inquiry=False,
):
    """Let a cardholder dispute a payment."""
    with emulator.world.lock:
        context, found = _charge(emulator, charge, payment_intent)
        dispute = disputes.create(
            context, found, reason=reason, amount=amount, inquiry=inquiry
        )
        return _shown(context, dispute)


def _warn_of_fraud(emulator, charge=None, payment_intent=None, **settings):
    """Let a bank call a payment fraudulent."""
    with emulator.world.lock:
        context, found = _charge(emulator, charge, payment_intent)
        return _shown(context, fraud_warnings.create(context, found, **settings))


def _charge(emulator, charge, payment_intent):
    """Return (context, charge) for a charge's or an intent's id."""
    if charge:
        return find_anywhere(emulator, "charge", charge)
    context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
    return context, context.get("charge", intent["latest_charge"])


def _win_dispute(emulator, dispute):
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "dispute", dispute)
        return _shown(context, disputes.win(context, dispute))


def _lose_dispute(emulator, dispute):
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "dispute", dispute)
        return _shown(context, disputes.lose(context, dispute))


def _dashboard_refund(
    emulator, charge=None, payment_intent=None, amount=None, reason=None
):
    """Refund a payment as a user of the dashboard."""
    with emulator.world.lock:
        context, found = _charge(emulator, charge, payment_intent)
        return _shown(context, refunds.create(context, found, amount, reason=reason))


def _succeed_refund(emulator, refund):
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "refund", refund)
        return _shown(context, refunds.succeed_by_id(context, refund))


def _fail_refund(emulator, refund, reason="expired_or_canceled_card"):
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "refund", refund)
        return _shown(context, refunds.fail_by_id(context, refund, reason))


def _require_refund_action(emulator, refund):
    """Let a pending refund wait for the payer."""
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "refund", refund)
        return _shown(context, refunds.require_action_by_id(context, refund))


def _cancel_refund(emulator, refund):
    """Call off a refund that waits for the payer, as a user of the dashboard."""
    with emulator.world.lock:
        context, _found = find_anywhere(emulator, "refund", refund)
        return _shown(context, refunds.cancel_by_id(context, refund))


def _succeed_payment(emulator, payment_intent):
    """Let the bank accept a debit that is processing."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        payment_flow.finish_debit(context, intent)
        return _shown(context, intent)


def _fail_payment(emulator, payment_intent, reason="refused_by_test"):
    """Let the bank refuse a debit that is processing."""
    if reason not in DECLINES:
        raise ValueError(f"`reason` is one of {', '.join(DECLINES)}.")
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        payment_flow.finish_debit(context, intent, reason)
        return _shown(context, intent)


def _authenticate(emulator, payment_intent, success=True):
    """Answer a 3-D Secure question in the cardholder's place."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        payment_flow.authenticate(context, intent, success=success)
        return _shown(context, intent)


def _authenticate_setup(emulator, setup_intent, success=True):
    """Answer 3-D Secure for a card that is being saved."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "setup_intent", setup_intent)
        setup_intents.authenticate(context, intent, success=success)
        return _shown(context, intent)


def _present_card(emulator, payment_intent):
    """Hold a card to the reader of a terminal payment."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        details = {
            "brand": "visa",
            "country": "US",
            "exp_month": 12,
            "exp_year": 2040,
            "fingerprint": None,
            "funding": "credit",
            "last4": "9969",
            "read_method": "contact_emv",
        }
        method = payment_methods.new(context, "card_present", details)
        return _shown(context, payment_flow.confirm(context, intent, method, {}))


def _dashboard_capture(emulator, payment_intent, amount=None):
    """Capture an authorised payment as a user of the dashboard, perhaps in part."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        return _shown(context, payment_flow.capture(context, intent, amount))


def _dashboard_cancel(emulator, payment_intent, reason=None):
    """Cancel a payment as a user of the dashboard."""
    with emulator.world.lock:
        context, intent = find_anywhere(emulator, "payment_intent", payment_intent)
        return _shown(context, payment_flow.cancel(context, intent, reason))


def _foreign_event(emulator, kind, data=None, account=None, livemode=False):
    """Emit an event that the emulator itself never makes, with any object in it."""
    with emulator.world.lock:
        context = context_of(emulator, side_of(emulator, account, livemode))
        obj = {"id": "obj_foreign", "object": "foreign", **(data or {})}
        event = emit(context, kind, obj)
        return {"id": event["id"]}


ROUTES = (
    operation("POST", "/disputes", _create_dispute),
    operation("POST", "/disputes/{dispute}/win", _win_dispute),
    operation("POST", "/disputes/{dispute}/lose", _lose_dispute),
    operation("POST", "/fraud_warnings", _warn_of_fraud),
    operation("POST", "/dashboard/refunds", _dashboard_refund),
    operation("POST", "/refunds/{refund}/succeed", _succeed_refund),
    operation("POST", "/refunds/{refund}/fail", _fail_refund),
    operation("POST", "/refunds/{refund}/require_action", _require_refund_action),
    operation("POST", "/refunds/{refund}/cancel", _cancel_refund),
    operation("POST", "/payment_intents/{payment_intent}/succeed", _succeed_payment),
    operation("POST", "/payment_intents/{payment_intent}/fail", _fail_payment),
    operation("POST", "/payment_intents/{payment_intent}/authenticate", _authenticate),
    operation(
        "POST", "/setup_intents/{setup_intent}/authenticate", _authenticate_setup
    ),
    operation("POST", "/payment_intents/{payment_intent}/present_card", _present_card),
    operation("POST", "/payment_intents/{payment_intent}/capture", _dashboard_capture),
    operation("POST", "/payment_intents/{payment_intent}/cancel", _dashboard_cancel),
    operation("POST", "/events/emit", _foreign_event),
)

"""What a test card or test bank account does when it is used.

Source: https://docs.stripe.com/testing and https://docs.stripe.com/declines/codes
"""

from dataclasses import dataclass

from ..protocol.errors import ApiError


@dataclass(frozen=True)
class Decline:
    """Why a payment method is declined, in the words of Stripe's API."""

    code: str
    decline_code: str | None
    message: str
    param: str | None = None


@dataclass(frozen=True)
class Behaviour:
    """How a payment method behaves; the default is to succeed without questions."""

    # A key of DECLINES: every charge is declined for this reason.
    decline: str | None = None
    # Whether it can be saved although charges are declined.
    attachable: bool = True
    # When the cardholder must authenticate: "never", "unless_set_up", "always".
    authentication: str = "never"
    # What becomes of a refund: "succeeds", "pending" (then succeeds), "fails" (later).
    refund: str = "succeeds"
    # The reason of the dispute that follows a charge, if one follows.
    dispute: str | None = None
    # "inquiry" disputes withdraw no money.
    inquiry: bool = False
    # Whether the money is available at once instead of after two days.
    available_now: bool = False
    # Checks that the issuer reports as failed: "cvc", "address_line1", "postal_code".
    failed_checks: tuple = ()
    # For bank debits: "succeeds", "fails", "stays" (processing until told otherwise).
    settlement: str = "succeeds"
    # For cards: already authenticated for later payments when first seen.
    set_up: bool = False
    risk_level: str = "normal"


DECLINES = {
    "generic_decline": Decline(
        "card_declined", "generic_decline", "Your card was declined."
    ),
    "insufficient_funds": Decline(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "lost_card": Decline("card_declined", "lost_card", "Your card was declined."),
    "stolen_card": Decline("card_declined", "stolen_card", "Your card was declined."),
    "card_velocity_exceeded": Decline(
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or "
        "exceeding its amount limit.",
    ),
    "fraudulent": Decline("card_declined", "fraudulent", "Your card was declined."),
    "expired_card": Decline(
        "expired_card", "expired_card", "Your card has expired.", "exp_month"
    ),
    "incorrect_cvc": Decline(
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        "cvc",
    ),
    "processing_error": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    # Bank debits; see https://docs.stripe.com/payments/ach-direct-debit
    "account_closed": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The customer's bank account has been closed.",
    ),
    "no_account": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The customer's bank account could not be located.",
    ),
    "bank_insufficient_funds": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The customer's account has insufficient funds to cover this payment.",
    ),
    "debit_not_authorized": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The customer has notified their bank that this payment was unauthorized.",
    ),
    "refused_by_test": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The payment attempt failed.",
    ),
}

SUCCEEDS = Behaviour()


def decline_error(reason, **related):
    """Return the 402 that Stripe answers for a declined card or account."""
    decline = DECLINES[reason]
    return ApiError(
        decline.message,
        status=402,
        kind="card_error",
        code=decline.code,
        decline_code=decline.decline_code,
        param=decline.param,
        **related,
    )

"""What can go wrong with a request, sorted by what the caller has to do."""

import contextlib

import stripe


class GatewayError(Exception):
    """A request that did not succeed.

    :ivar str code: Stripe's error code, or an empty string
    """

    def __init__(self, message, code=""):
        super().__init__(message)
        self.code = code


class Declined(GatewayError):
    """The payer's bank said no; the message is meant for the payer."""


class Rejected(GatewayError):
    """Stripe refused the request and did nothing; asking again will not help."""


class TryLater(GatewayError):
    """Stripe did nothing; the same request may succeed later."""


class OutcomeUnknown(GatewayError):
    """Nobody knows whether Stripe acted: never a reason to try with another key."""


class KeyReused(OutcomeUnknown):
    """The key was used before: by a request that is running, or that Odoo forgot.

    It forgets when it rolls back. Either may have moved money.
    """


# The first class that fits decides: subclasses stand before their parents.
OURS_BY_SDK_ERROR = (
    (stripe.CardError, Declined),
    (stripe.RateLimitError, TryLater),
    (stripe.IdempotencyError, KeyReused),
    (stripe.InvalidRequestError, Rejected),
    (stripe.AuthenticationError, Rejected),
    (stripe.PermissionError, Rejected),
    (stripe.APIConnectionError, OutcomeUnknown),
    (stripe.APIError, OutcomeUnknown),
    (stripe.StripeError, OutcomeUnknown),
)


def translate(error):
    """Return our error for one of the SDK's.

    An error that nobody foresaw has an unknown outcome: that is the side on which
    no payer is charged twice.
    """
    message = error.user_message or str(error)
    for theirs, ours in OURS_BY_SDK_ERROR:
        if isinstance(error, theirs):
            return ours(message, error.code or "")
    return OutcomeUnknown(message)


@contextlib.contextmanager
def translated():
    """Let the SDK's errors leave as ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error) from error

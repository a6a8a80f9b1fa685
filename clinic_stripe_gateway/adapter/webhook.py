"""Tell whether a message comes from Stripe; read nothing of one that does not."""

import json
from dataclasses import dataclass

import stripe

# Stripe's own recommendation; a copy of an older message is refused.
TOLERANCE_SECONDS = 300


class SignatureInvalid(Exception):
    """Nobody who knows the secret has signed this message lately."""


@dataclass(frozen=True)
class EventHint:
    """That something happened to an object; what it was is asked of Stripe.

    :ivar str object_id: of the object that the event is about; some have none
    """

    id: str
    type: str
    object_id: str


def read_verified(body, header, secrets):
    """Return the event and which secret has signed it.

    :param bytes body: exactly as it was received
    :param str header: ``Stripe-Signature``
    :param list[str] secrets: of all endpoints; an empty one signs nothing
    :return: the event, and the position of its secret in ``secrets``
    :rtype: tuple[EventHint, int]
    :raise SignatureInvalid: none of the secrets fits, or the message is no event
    """
    for position, secret in enumerate(secrets):
        if secret and _is_signed(body, header, secret):
            return _read(body), position
    raise SignatureInvalid


def _is_signed(body, header, secret):
    try:
        return stripe.WebhookSignature.verify_header(
            body, header, secret, TOLERANCE_SECONDS
        )
    # Besides its own error, the SDK lets pass what odd bytes do to it.
    except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
        return False


def _read(body):
    try:
        event = json.loads(body)
        object_id = event["data"]["object"].get("id") or ""
        hint = EventHint(event["id"], event["type"], object_id)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SignatureInvalid from error
    # What is not printable cannot be stored either.
    if not all(isinstance(v, str) and v.isprintable() for v in vars(hint).values()):
        raise SignatureInvalid
    return hint

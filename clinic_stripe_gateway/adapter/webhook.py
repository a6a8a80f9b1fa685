"""Tell whether a message comes from Stripe; read nothing of one that does not."""

import json
import time
from dataclasses import dataclass

import stripe

# Stripe's own recommendation; a copy of an older message is refused. One that is dated
# later than now could be repeated for as much longer: clocks may differ by no more.
TOLERANCE_SECONDS = 300
# As Stripe documents; PostgreSQL's indexes take no text of any length.
LONGEST_IDENTIFIER = 255


class SignatureInvalid(Exception):
    """Nobody who knows the secret has signed this message lately."""


@dataclass(frozen=True)
class EventHint:
    """That something happened to an object; what it was is asked of Stripe.

    :ivar str object_id: of the object that the event is about; some have none
    :ivar bool | None livemode: whether real money is meant; ``None`` is not told
    """

    id: str
    type: str
    object_id: str
    livemode: bool | None = None


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
        if is_signed(body, header, secret):
            return _to_hint(_parse(body)), position
    raise SignatureInvalid


def is_signed(body, header, secret):
    """Whether who knows the secret has signed this very body lately."""
    if not secret or not secret.strip():
        return False
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
    # Besides its own error, the SDK lets pass what odd bytes do to it.
    except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
        return False
    return _read_signed_at(header) <= time.time() + TOLERANCE_SECONDS


def _read_signed_at(header):
    """Return when a header that the SDK accepts was signed, as the SDK reads it.

    The SDK itself only asks whether that is too long ago.
    """
    parts = (part.split("=") for part in header.split(","))
    return next(int(rest[0]) for name, *rest in parts if name == "t")


def is_readable_by_core(body):
    """Whether Odoo's own webhook can read so much of a message as it needs to find
    the transaction: it does that before it asks who has signed.
    """
    try:
        event = _parse(body)
        about = event["data"]["object"]
        told = (event["type"], about["id"], about.get("description") or "")
    except (SignatureInvalid, TypeError, KeyError, AttributeError):
        return False
    return all(map(_is_plain, told))


def _parse(body):
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SignatureInvalid from error


def _to_hint(event):
    try:
        object_id = event["data"]["object"].get("id") or ""
        hint = EventHint(event["id"], event["type"], object_id, event.get("livemode"))
    except (TypeError, KeyError, AttributeError) as error:
        raise SignatureInvalid from error
    # What is not printable cannot be stored either.
    if not all(map(_is_plain, (hint.id, hint.type, hint.object_id))):
        raise SignatureInvalid
    if not isinstance(hint.livemode, bool | None):
        raise SignatureInvalid
    return hint


def _is_plain(value):
    return (
        isinstance(value, str)
        and len(value) <= LONGEST_IDENTIFIER
        and value.isprintable()
    )

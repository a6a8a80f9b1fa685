"""Ways to forge a message to Stripe's webhook, and to sign odd ones as Stripe would."""

import copy
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass

from bench.practice import WEBHOOK_SECRET

# What must not be found anywhere; each message holds it.
MARK = "MARKNAME"
# What Stripe may tell about, whatever the message's body holds.
TYPES = (
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
    "setup_intent.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "payment_method.detached",
    "customer.deleted",
    "invoice.paid",
)
ODD_VALUES = (None, True, 0, -1, 10**15, "", "\0", "succeeded", "x" * 300, [], {}, [{}])
# Each is sent several times, and with several bodies.
MUTANTS = 300


@dataclass(frozen=True)
class Forgery:
    body: bytes
    signature: bytes | None
    # How many of them there are, as werkzeug joins repeated headers.
    repeated: int = 1
    may_be_believed: bool = False


def sign(body, secret=WEBHOOK_SECRET, age=0):
    moment = int(time.time()) - age
    signed = b"%d." % moment + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}".encode()


# === WAYS TO FORGE === #


def truncated(chance, body):
    return Forgery(body[: chance.randrange(len(body))], sign(body))


def flipped(chance, body):
    return Forgery(flip(chance, body), sign(body))


def flipped_signature(chance, body):
    # It may also hit what means nothing, as the name of another scheme.
    return Forgery(body, in_a_header(flip(chance, sign(body))), may_be_believed=True)


def signed_by_somebody(chance, body):
    return Forgery(body, sign(body, f"whsec_{chance.random()}"))


def signed_by_nobody(chance, body):
    return Forgery(body, None)


def old(chance, body):
    return Forgery(body, sign(body, age=chance.randrange(310, 10**6)))


def of_tomorrow_for_another(chance, body):
    return Forgery(body, sign(body, "whsec_of_another", age=-86400))


def noise(chance, body):
    return Forgery(chance.randbytes(chance.randrange(200)), sign(body))


def signed_noise(chance, body):
    # Not even text: there is nothing that could have been signed.
    body = b"\xff" + chance.randbytes(chance.randrange(200))
    return Forgery(body, sign(body))


def signed_nonsense(chance, body):
    nonsense = chance.choice([None, [], 7, MARK, {}, {"id": MARK}, {"data": []}])
    body = json.dumps(nonsense).encode()
    return Forgery(body, sign(body))


def too_deep(chance, body):
    body = b"[" * chance.randrange(5_000, 50_000)
    return Forgery(body, sign(body))


def odd_event(chance, body):
    """Return what Stripe would have to sign itself: odd, but an event."""
    event = json.loads(body)
    path = chance.choice(["id", "type", "data", "livemode"])
    event[path] = chance.choice([None, 7, [], {}, "\0", "x" * 300, "\ud800"])
    body = json.dumps(event).encode()
    return Forgery(body, sign(body), may_be_believed=True)


def mutated(chance, body):
    """Return an event that Stripe has signed, about an object that is not so."""
    event = json.loads(body)
    if chance.random() < 0.5:
        event["id"] = f"evt_mutant{chance.randrange(MUTANTS)}"
        event["type"] = chance.choice(TYPES)
    for _ in range(chance.randrange(1, 4)):
        about = event["data"]["object"]
        part, name = chance.choice(list(places(about)))
        odd = chance.choice([*ODD_VALUES, chance.choice(list(about.values()))])
        part[name] = copy.deepcopy(odd)
    body = json.dumps(event).encode()
    return Forgery(body, sign(body), may_be_believed=True)


def odd_header(chance, body):
    header = chance.choice(
        [b"", b"t", b"t=,v1=", b"v1=abc", b"t=1,v1=abc", b"=" * 5000, b"\xff\xfe,v1=a"]
    )
    return Forgery(body, header)


def two_headers(chance, body):
    return Forgery(body, sign(body, "whsec_of_another"), repeated=2)


def replayed(chance, body):
    return Forgery(body, sign(body), may_be_believed=True)


WAYS = (
    truncated,
    flipped,
    flipped_signature,
    signed_by_somebody,
    signed_by_nobody,
    old,
    of_tomorrow_for_another,
    noise,
    signed_noise,
    signed_nonsense,
    too_deep,
    odd_event,
    mutated,
    odd_header,
    two_headers,
    replayed,
)


def flip(chance, text):
    changed = bytearray(text)
    changed[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def places(value):
    """Yield every place in what JSON holds: what it is in, and its name there."""
    if isinstance(value, dict | list):
        names = value if isinstance(value, dict) else range(len(value))
        for name in names:
            yield value, name
            yield from places(value[name])


def in_a_header(text):
    """Return the text without what would end the header."""
    return re.sub(rb"[\x00-\x1f\x7f]", b"?", text)

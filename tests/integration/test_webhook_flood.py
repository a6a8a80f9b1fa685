"""20,000 messages that nobody should believe, over HTTP, to a served Odoo."""

import contextlib
import hashlib
import hmac
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass

import psycopg2
import pytest
from bench.courier import Courier
from bench.practice import WEBHOOK_SECRET, paid_messages, prepare

from workbench import databases, postgres
from workbench.emulator import SECRET_KEY
from workbench.server import running_odoo

MESSAGES = 20_000
CONNECTIONS = 3
SEED = 19
# What must not be found anywhere; each message holds it.
MARK = "MARKNAME"
# What must not change, whatever arrives.
WATCHED = ("payment_transaction", "account_move", "account_payment", "payment_token")
HUGE = 2**20


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
    odd_header,
    two_headers,
    replayed,
)


def flip(chance, text):
    changed = bytearray(text)
    changed[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def in_a_header(text):
    """Return the text without what would end the header."""
    return re.sub(rb"[\x00-\x1f\x7f]", b"?", text)


# === SENDING === #


class Sender(Courier):
    """A connection that is opened again when Odoo closes it."""

    def send(self, forgery):
        lines = [
            b"POST /payment/stripe/webhook HTTP/1.1",
            b"Host: " + self._host.encode(),
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(forgery.body),
        ]
        if forgery.signature is not None:
            lines += [b"Stripe-Signature: " + forgery.signature] * forgery.repeated
        return self.exchange(b"\r\n".join([*lines, b"", b""]) + forgery.body)


@pytest.fixture(scope="module")
def served():
    with contextlib.ExitStack() as stack:
        stack.enter_context(postgres.running())
        database = stack.enter_context(databases.cloned("full"))
        prepare(database, 20)
        yield stack.enter_context(running_odoo(database, evented=True, dbfilter=""))


def snapshot(database):
    """Return what the watched tables hold, as one hash each."""
    connection = psycopg2.connect(dbname=database)
    with contextlib.closing(connection), connection.cursor() as cursor:
        found = {}
        for table in WATCHED:
            cursor.execute(
                f"select md5(coalesce(string_agg(t::text, '' order by id), ''))"
                f" from {table} t"
            )
            found[table] = cursor.fetchone()[0]
        return found


def marked_bodies():
    """Return messages about payments that Odoo waits for, with a name in each."""
    name = json.dumps(f"Clara {MARK}").encode()
    return [
        message.body.replace(b'"name": null', b'"name": ' + name)
        for message in paid_messages(20)
    ]


def flood(url, bodies):
    """Send everything; return how often each way met each status."""
    chance = random.Random(SEED)
    seen = Counter()
    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(Sender(url)) for _ in range(CONNECTIONS)]
        for number in range(MESSAGES):
            way = WAYS[number % len(WAYS)]
            forgery = way(chance, chance.choice(bodies))
            status = senders[number % CONNECTIONS].send(forgery)
            seen[way.__name__, forgery.may_be_believed, status] += 1
    return seen


def test_forged_messages_change_nothing_and_break_nothing(served):
    bodies = marked_bodies()
    assert all(MARK.encode() in body for body in bodies)
    before = snapshot(served.database)
    seen = flood(served.url, bodies)
    assert sum(seen.values()) == MESSAGES
    for (way, may_be_believed, status), count in seen.items():
        allowed = {200, 403} if may_be_believed else {403}
        assert status in allowed, f"{way}: {count} times {status}"
    assert seen["replayed", True, 200] == len(range(14, MESSAGES, len(WAYS)))
    assert snapshot(served.database) == before
    log = served.log.read_text(errors="replace")
    assert log.count("Refused a message") > MESSAGES / 2
    for secret in (MARK, WEBHOOK_SECRET, SECRET_KEY):
        assert secret not in log
    assert "Traceback" not in log
    assert not re.search(r" (ERROR|CRITICAL) ", log)


def test_a_huge_message_is_refused(served):
    before = snapshot(served.database)
    with Sender(served.url) as sender:
        for size in (HUGE, 3 * HUGE):
            assert sender.send(Forgery(b"x" * size, b"t=1,v1=abc")) == 403
        # Longer than anything that Stripe sends: it is not even read.
        assert sender.send(Forgery(b"x" * 5 * HUGE, b"t=1,v1=abc")) == 413
    assert snapshot(served.database) == before

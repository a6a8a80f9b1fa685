"""20,000 messages that nobody should believe, over HTTP, to a served Odoo."""

import contextlib
import json
import random
import re
from collections import Counter
from types import SimpleNamespace

import database_state
import pytest
from bench.courier import Courier
from bench.practice import WEBHOOK_SECRET, paid_messages, prepare
from forgeries import MARK, MUTANTS, WAYS, Forgery, replayed
from odoo_runs import run_step

from stripe_emulator.control import Control
from workbench import databases, odoo_command, postgres
from workbench.emulator import SECRET_KEY, running_emulator
from workbench.server import running_odoo

MESSAGES = 20_000
PAYMENTS = 20
CONNECTIONS = 3
SEED = 19
ACCEPTED, REFUSED = 200, 403
INBOX = "clinic_stripe_event"
# What must not change, whatever arrives.
FILLED = ("payment_provider", "payment_transaction", "res_partner")
WATCHED = (
    *FILLED,
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
    "account_payment",
    "clinic_card_consent",
    "clinic_service",
    "clinic_service_share",
    "clinic_stripe_customer",
    "clinic_stripe_detachment",
    "clinic_stripe_dispute",
    "payment_token",
)
HUGE = 2**20


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
        prepare(database, PAYMENTS)
        yield stack.enter_context(running_odoo(database, evented=True, dbfilter=""))


def snapshot(database):
    """Return all that the watched tables hold."""
    columns = database_state.columns(database)
    return database_state.rows(database, {table: columns[table] for table in WATCHED})


def marked_bodies():
    """Return messages about payments that Odoo waits for, with a name in each."""
    name = json.dumps(f"Clara {MARK}").encode()
    return [
        message.body.replace(b'"name": null', b'"name": ' + name)
        for message in paid_messages(PAYMENTS)
    ]


@pytest.fixture(scope="module")
def flooded(served):
    bodies = marked_bodies()
    assert all(MARK.encode() in body for body in bodies)
    before = snapshot(served.database)
    assert all(before[table] for table in FILLED)
    seen, believed = flood(served.url, bodies)
    return SimpleNamespace(before=before, seen=seen, believed=believed)


def flood(url, bodies):
    """Send everything.

    :return: how often each way met each status, and the ids of what was believed
    """
    chance = random.Random(SEED)
    seen, believed = Counter(), set()
    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(Sender(url)) for _ in range(CONNECTIONS)]
        for number in range(MESSAGES):
            way = WAYS[number % len(WAYS)]
            forgery = way(chance, chance.choice(bodies))
            status = senders[number % CONNECTIONS].send(forgery)
            seen[way.__name__, forgery.may_be_believed, status] += 1
            if status == ACCEPTED:
                believed.add(json.loads(forgery.body)["id"])
    return seen, believed


def assert_nothing_is_told(log):
    for secret in (MARK, WEBHOOK_SECRET, SECRET_KEY):
        assert secret not in log
    assert "Traceback" not in log
    assert not re.search(r" (ERROR|CRITICAL) ", log)


def test_forged_messages_change_nothing_and_break_nothing(served, flooded):
    assert sum(flooded.seen.values()) == MESSAGES
    for (way, may_be_believed, status), count in flooded.seen.items():
        allowed = {ACCEPTED, REFUSED} if may_be_believed else {REFUSED}
        assert status in allowed, f"{way}: {count} times {status}"
    sent_again = len(range(WAYS.index(replayed), MESSAGES, len(WAYS)))
    assert flooded.seen["replayed", True, ACCEPTED] == sent_again
    assert snapshot(served.database) == flooded.before
    log = served.log.read_text(errors="replace")
    assert log.count("Refused a message") > MESSAGES / 2
    assert_nothing_is_told(log)


def test_what_has_to_be_believed_is_stored_once_and_settles_nothing(served, flooded):
    """Who can sign may tell anything; Stripe is asked, and knows of nothing."""
    with running_emulator() as emulator:
        states = run_step(served.database, "flood.work_off", emulator=emulator.url)
        asked = Control(emulator.url).requests()
    log = odoo_command.log_of(served.database).read_text(errors="replace")
    assert snapshot(served.database) == flooded.before
    columns = {INBOX: database_state.columns(served.database)[INBOX]}
    rows = database_state.rows(served.database, columns)[INBOX]
    position = columns[INBOX].index("event_id")
    assert sorted(row[position] for row in rows) == sorted(flooded.believed)
    assert len(flooded.believed) > PAYMENTS + MUTANTS / 2
    assert MARK not in repr(rows)
    assert set(states) == {"failed", "ignored"}
    assert sum(states.values()) == len(rows)
    # Each payment was asked about, and nothing was asked for.
    assert {each["method"] for each in asked} == {"GET"}
    assert len({each["path"] for each in asked}) > PAYMENTS
    assert_nothing_is_told(log)


def test_a_huge_message_is_refused(served):
    before = snapshot(served.database)
    with Sender(served.url) as sender:
        for size in (HUGE, 3 * HUGE):
            assert sender.send(Forgery(b"x" * size, b"t=1,v1=abc")) == 403
        # Longer than anything that Stripe sends: it is not even read.
        assert sender.send(Forgery(b"x" * 5 * HUGE, b"t=1,v1=abc")) == 413
    assert snapshot(served.database) == before

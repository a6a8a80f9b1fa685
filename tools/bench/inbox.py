"""How many signed events are acknowledged each second: ours against Core's.

Both Odoos are served on this machine, each on a database of its own, with the same
messages about the same payments, in turns. Core works on an event before it answers;
ours stores it, commits, and answers. A duplicate is a message that was acknowledged
before.

On connections that stay open to Odoo's evented server, what is measured is the work on
a message. On workers, as most practices serve Odoo, each message costs a connection and
a request's way through a worker besides, the same for both.
"""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from workbench import databases
from workbench.server import running_odoo

from .courier import Courier, PassingCourier
from .practice import Message, paid_messages, prepare
from .rows import Row, median

ROUNDS = 7
EVENTS_PER_ROUND = 80
# Stripe does not wait for one answer before it sends the next message.
CONNECTIONS = 4
UNIT = "events/s"


@dataclass(frozen=True)
class Serving:
    """A way to serve Odoo, and who delivers messages to it."""

    courier: type
    options: dict


# What is added to a row's name, and the way it stands for. Neither runs jobs.
SERVINGS = {
    "": Serving(Courier, {"evented": True}),
    "_workers": Serving(PassingCourier, {"workers": 2, "max_cron_threads": 0}),
}


def measure() -> list[Row]:
    messages = paid_messages((ROUNDS + 1) * EVENTS_PER_ROUND)
    return [
        row
        for suffix, serving in SERVINGS.items()
        for row in _measure_serving(suffix, serving, messages)
    ]


def _measure_serving(
    suffix: str, serving: Serving, messages: list[Message]
) -> Iterator[Row]:
    with contextlib.ExitStack() as stack:
        teams = {
            who: stack.enter_context(_served(kind, len(messages), serving))
            for who, kind in (("ours", "full"), ("peer", "core"))
        }
        speeds = _measure_in_turns(teams, messages)
    for name, kind in (("events", "new"), ("duplicates", "old")):
        ours, peer = speeds["ours", kind], speeds["peer", kind]
        yield _row(f"inbox_{name}_vs_stock{suffix}", ours, peer)


@contextlib.contextmanager
def _served(kind: str, transactions: int, serving: Serving):
    with databases.cloned(kind) as database:
        prepare(database, transactions)
        # Odoo of one database need not look for it among others.
        running = running_odoo(database, dbfilter="", **serving.options)
        with running as odoo, contextlib.ExitStack() as stack:
            yield [
                stack.enter_context(serving.courier(odoo.url))
                for _ in range(CONNECTIONS)
            ]


def _measure_in_turns(teams: dict[str, list], messages: list[Message]) -> dict:
    speeds = {(who, kind): [] for who in teams for kind in ("new", "old")}
    for number in range(ROUNDS + 1):
        start = number * EVENTS_PER_ROUND
        batch = messages[start : start + EVENTS_PER_ROUND]
        for kind in ("new", "old"):
            for who, team in teams.items():
                speed = _speed(team, batch)
                # The first round only warms up.
                if number:
                    speeds[who, kind].append(speed)
    return speeds


def _speed(team: list, batch: list[Message]) -> float:
    """Return how many messages are acknowledged each second."""
    shares = [batch[first :: len(team)] for first in range(len(team))]
    start = time.perf_counter()
    with ThreadPoolExecutor(len(team)) as pool:
        for _ in pool.map(_deliver, team, shares):
            pass
    return len(batch) / (time.perf_counter() - start)


def _deliver(courier: Courier | PassingCourier, share: list[Message]) -> None:
    for message in share:
        status = courier.post(message)
        assert status == 200, f"answered {status}"


def _row(name: str, ours: list[float], peer: list[float]) -> Row:
    return Row(name, median(ours), median(peer), median(ours) / median(peer), UNIT)

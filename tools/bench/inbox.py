"""How many signed events are acknowledged each second: ours against stock Odoo's.

Both Odoos are served on this machine, each on a database of its own, with the same
messages about the same payments, in turns. Stock works on an event before it answers;
ours stores it, commits, and answers. A duplicate is a message that was acknowledged
before.
"""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

from workbench import databases
from workbench.server import running_odoo

from .courier import Courier
from .practice import Message, paid_messages, prepare
from .rows import Row, median

ROUNDS = 7
EVENTS_PER_ROUND = 80
# Stripe does not wait for one answer before it sends the next message.
CONNECTIONS = 4
UNIT = "events/s"


def measure() -> list[Row]:
    messages = paid_messages((ROUNDS + 1) * EVENTS_PER_ROUND)
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_served("full", len(messages)))
        stock = stack.enter_context(_served("stock", len(messages)))
        speeds = _measure_in_turns({"ours": ours, "peer": stock}, messages)
    return [
        _row("inbox_events_vs_stock", speeds["ours", "new"], speeds["peer", "new"]),
        _row("inbox_duplicates_vs_stock", speeds["ours", "old"], speeds["peer", "old"]),
    ]


@contextlib.contextmanager
def _served(kind: str, transactions: int):
    with databases.cloned(kind) as database:
        prepare(database, transactions)
        # Odoo of one database need not look for it among others. On connections that
        # stay open: how long it takes to open one says nothing about either.
        serving = running_odoo(database, evented=True, dbfilter="")
        with serving as odoo, contextlib.ExitStack() as stack:
            yield [stack.enter_context(Courier(odoo.url)) for _ in range(CONNECTIONS)]


def _measure_in_turns(teams: dict[str, list[Courier]], messages: list[Message]) -> dict:
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


def _speed(team: list[Courier], batch: list[Message]) -> float:
    """Return how many messages are acknowledged each second."""
    shares = [batch[first :: len(team)] for first in range(len(team))]
    start = time.perf_counter()
    with ThreadPoolExecutor(len(team)) as pool:
        for _ in pool.map(_deliver, team, shares):
            pass
    return len(batch) / (time.perf_counter() - start)


def _deliver(courier: Courier, share: list[Message]) -> None:
    for message in share:
        status = courier.post(message)
        assert status == 200, f"answered {status}"


def _row(name: str, ours: list[float], peer: list[float]) -> Row:
    return Row(name, median(ours), median(peer), median(ours) / median(peer), UNIT)

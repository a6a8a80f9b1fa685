"""How many signed events are acknowledged each second: ours against stock Odoo's.

Both Odoos are served on this machine, each on a database of its own, with the same
messages about the same payments, in turns. Stock works on an event before it answers;
ours stores it, commits, and answers. A duplicate is a message that was acknowledged
before.
"""

import contextlib
import time

from workbench import databases
from workbench.server import running_odoo

from .courier import Courier
from .practice import Message, paid_messages, prepare
from .rows import Row, median

ROUNDS = 7
EVENTS_PER_ROUND = 60
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
        # Odoo of one database need not look for it among others. On a connection that
        # stays open: how long it takes to open one says nothing about either.
        serving = running_odoo(database, evented=True, dbfilter="")
        with serving as odoo, Courier(odoo.url) as courier:
            yield courier


def _measure_in_turns(couriers: dict[str, Courier], messages: list[Message]) -> dict:
    speeds = {(who, kind): [] for who in couriers for kind in ("new", "old")}
    for number in range(ROUNDS + 1):
        start = number * EVENTS_PER_ROUND
        batch = messages[start : start + EVENTS_PER_ROUND]
        for kind in ("new", "old"):
            for who, courier in couriers.items():
                speed = _speed(courier, batch)
                # The first round only warms up.
                if number:
                    speeds[who, kind].append(speed)
    return speeds


def _speed(courier: Courier, batch: list[Message]) -> float:
    start = time.perf_counter()
    for message in batch:
        assert courier.post(message) == 200
    return len(batch) / (time.perf_counter() - start)


def _row(name: str, ours: list[float], peer: list[float]) -> Row:
    return Row(name, median(ours), median(peer), median(ours) / median(peer), UNIT)

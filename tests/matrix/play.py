"""Play cells, each on servers that nobody else uses at that moment."""

import time
import traceback
from dataclasses import dataclass, field

from cell import Cell
from checks import check, check_told
from recovery import recover

LAST_REQUESTS = 60


@dataclass(frozen=True)
class Result:
    """What became of a cell."""

    seconds: float
    disagreements: list = field(default_factory=list)
    trace: str = ""


def play(stage, flow, fault):
    """Play one cell from its start to its checks."""
    began = time.monotonic()
    stage.stripe.clear_requests()
    # All cells are played by the same few people, one right after the other.
    stage.let_time_pass()
    cell = Cell(stage, flow, fault)
    try:
        flow.prepare(cell)
        cell.end_peace()
        fault.before(cell)
        flow.act(cell)
        check_told(cell)
        recover(cell)
        disagreements = check(cell)
        if fault.must_strike and not cell.struck:
            disagreements.append("the fault has hit nothing")
    except Exception:  # noqa: BLE001 - told with the cell's name and trace
        disagreements = [*cell.complaints, traceback.format_exc()]
    finally:
        clean_up(stage)
    seconds = time.monotonic() - began
    return Result(seconds, disagreements, describe(cell))


def clean_up(stage):
    """Leave nothing to the next cell."""
    stage.stripe.clear_faults()
    stage.stripe.clear_delivery_rules()
    stage.disarm_collision()


def describe(cell):
    """Return what people did, and what Odoo asked of Stripe."""
    requests = [
        f"{each['method']} {each['path']} -> {each['status']}"
        f" key={(each['idempotency_key'] or '-')[:12]}"
        f"{' replayed' if each['replayed'] else ''} fault={each['fault'] or '-'}"
        for each in cell.stripe.requests()[-LAST_REQUESTS:]
    ]
    return "\n".join([*cell.trace, "requests to Stripe:", *requests])

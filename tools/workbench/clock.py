"""The day, the hour and the zone in which a command runs.

`DAY="2027-03-28 00:50" ZONE=Europe/Berlin` shifts the clock of all that a command
starts: PostgreSQL, Odoo, the emulator, pytest and the pages in the browser. They go on
from that moment together. `ZONE` alone is where people are, today.

libfaketime tells the programs the time. It is loaded before a command begins, and what
the command starts inherits it. Only Chromium does not start with it: its pages are
given a clock of their own.
"""

import contextlib
import math
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from . import faketime
from .errors import Trouble
from .locks import hold_for_ever
from .paths import WORKBENCH
from .progress import say

# Seconds by which the clock of this process and its children is ahead.
VARIABLE = "WORKBENCH_CLOCK_AHEAD"
HOUR = "10:00"
PYTHON_FOLDERS = (WORKBENCH / "at_another_time",)

# What a page knows of the time beyond this comes from the server.
BROWSER_SCRIPT = """
(ahead => {
    const Real = Date;
    const now = () => Real.now() + ahead;
    Date = new Proxy(Real, {
        construct: (real, given, target) =>
            Reflect.construct(real, given.length ? given : [now()], target),
        apply: () => new Real(now()).toString(),
        get: (real, name) => (name === "now" ? now : Reflect.get(real, name)),
    });
    Real.prototype.constructor = Date;
})(AHEAD);
"""


def start(words: list[str]) -> None:
    """Begin this command anew on the day that was asked for, unless it is there."""
    from . import postgres

    day, where = os.environ.get("DAY", ""), zone()
    ahead = seconds_ahead(day, where) if day else 0
    if not day or is_shifted():
        return
    if postgres.is_named():
        raise Trouble(
            "the PostgreSQL that the PG* variables name knows no other DAY: unset"
            " PGHOST and PGPORT to use an embedded one"
        )
    # One PostgreSQL serves the shifted clock, and it can be at one day only.
    hold_for_ever("day")
    shown = datetime.fromtimestamp(time.time() + ahead, timezone.utc)
    say(f"The clock says {shown:%A, %Y-%m-%d %H:%M} UTC, people are in {where}")
    environment = {**os.environ, **faketime.variables(ahead), VARIABLE: str(ahead)}
    folders = [*PYTHON_FOLDERS, os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    command = [sys.executable, "-m", "workbench", *words]
    os.execve(sys.executable, command, environment)


def is_shifted() -> bool:
    return bool(os.environ.get(VARIABLE))


def zone() -> str:
    """Return where people are."""
    import pytz

    name = os.environ.get("ZONE") or "UTC"
    if name not in pytz.all_timezones_set:
        raise Trouble(f"there is no ZONE={name}: choose one like Europe/Berlin")
    return name


def label() -> str:
    """Return which day and zone were asked for; empty where none was."""
    return " ".join(filter(None, map(os.environ.get, ("DAY", "ZONE"))))


def seconds_ahead(day: str, zone_name: str) -> int:
    """Return how far a moment, told as a clock in that zone shows it, is from now."""
    import pytz

    try:
        shown = datetime.fromisoformat(day if ":" in day else f"{day} {HOUR}")
        wanted = pytz.timezone(zone_name).localize(shown)
    except ValueError as error:
        raise Trouble(
            f"DAY={day} is no day: write it like 2027-03-28 or 2027-03-28 00:50"
        ) from error
    return math.ceil(wanted.timestamp() - time.time())


def python_folders() -> tuple[Path, ...]:
    """Return what Python needs on its path for our clock."""
    return PYTHON_FOLDERS if is_shifted() else ()


def variables() -> dict[str, str]:
    """Return what a program with an environment of its own needs for our clock."""
    return faketime.variables(int(os.environ[VARIABLE])) if is_shifted() else {}


@contextlib.contextmanager
def real():
    """Let what is started in the block see the machine's own clock."""
    taken = {name: os.environ.pop(name, None) for name in faketime.NAMES}
    try:
        yield
    finally:
        os.environ.update({name: text for name, text in taken.items() if text})


def browser_script() -> str:
    """Return what gives a page our clock; empty when it is the machine's."""
    if not is_shifted():
        return ""
    ahead = int(os.environ[VARIABLE]) * 1000
    return BROWSER_SCRIPT.replace("AHEAD", str(ahead))

"""The days on which something has failed, or could, and a command to play them.

On each day the demo is installed and used in front of a browser, and those tests of
both addons run that look at the calendar.
"""

import os
import random
import re
import shlex
import sys
from dataclasses import dataclass

from . import clock, postgres
from .errors import Trouble
from .paths import BUILD, OUR_ADDONS, ROOT
from .processes import run_in_foreground
from .progress import say

TABLE = BUILD / "days.txt"
# Which buttons, pages and words there are is the same on any day.
THE_SAME_ON_ANY_DAY = (
    "every_button",
    "every_menu",
    "languages",
    "logout",
    "offline",
    "pages",
    "trouble",
    "website",
)
PLAYS_OF_PEOPLE = (
    "tests/browser",
    *(f"--ignore=tests/browser/test_{name}.py" for name in THE_SAME_ON_ANY_DAY),
)
# What a practice does every day.
PLAYS_OF_EVERY_DAY = tuple(
    f"tests/browser/test_{name}.py" for name in ("clock", "desk", "story", "visits")
)
# A test or what it imports looks at the calendar or the clock.
LOOKS_AT_THE_TIME = re.compile(
    r"context_today|_get_day|_get_today|Date\.today|date\.today|\.now\(|freeze_time|timedelta"
    r"|relativedelta|strftime|time\.time\(|Date\.(add|subtract)"
)

COMMON_IMPORT = re.compile(r"^from (\.+)([\w.]*\bcommon_\w+) import", re.M)


@dataclass(frozen=True)
class Day:
    """A moment, as a clock in that zone shows it."""

    name: str
    moment: str
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.name}: {self.moment} {self.zone}"


DAYS = (
    # A week with nothing else to it, from the zones that are furthest apart to ours.
    Day("monday", "2027-02-08 10:00", "Europe/Berlin"),
    Day("tuesday", "2027-02-09 10:00", "America/New_York"),
    Day("wednesday", "2027-02-10 10:00"),
    Day("thursday", "2027-02-11 10:00", "Asia/Kolkata"),
    Day("friday", "2027-02-12 10:00", "Australia/Sydney"),
    Day("saturday", "2027-02-13 10:00", "America/Los_Angeles"),
    Day("sunday", "2027-02-14 10:00", "Europe/London"),
    Day("month-ends", "2027-04-30 10:00", "America/New_York"),
    Day("month-begins", "2027-06-01 10:00", "Europe/Berlin"),
    Day("year-ends", "2026-12-31 10:00", "Europe/Berlin"),
    Day("year-begins", "2027-01-01 10:00", "America/New_York"),
    Day("leap-day", "2028-02-29 10:00", "America/New_York"),
    Day("berlin-springs-forward", "2027-03-28 10:00", "Europe/Berlin"),
    Day("berlin-falls-back", "2027-10-31 10:00", "Europe/Berlin"),
    Day("new-york-springs-forward", "2027-03-14 10:00", "America/New_York"),
    Day("new-york-falls-back", "2027-11-07 10:00", "America/New_York"),
    # The hour that there is twice, and the last before the one that there is not.
    Day("berlin-hour-before", "2027-03-28 00:50", "Europe/Berlin"),
    Day("new-york-hour-twice", "2027-11-07 01:10", "America/New_York"),
    Day("before-midnight", "2027-02-10 23:50", "America/New_York"),
    Day("after-midnight", "2027-02-10 00:10", "America/New_York"),
    Day("before-midnight-east", "2027-02-10 23:50", "Europe/Berlin"),
    Day("after-midnight-east", "2027-02-10 00:10", "Europe/Berlin"),
    # It is tomorrow in UTC, and yesterday.
    Day("honolulu", "2027-02-10 17:00", "Pacific/Honolulu"),
    Day("tongatapu", "2027-02-10 09:00", "Pacific/Tongatapu"),
    Day("honolulu-year-ends", "2026-12-31 17:00", "Pacific/Honolulu"),
    Day("tongatapu-month-begins", "2027-03-01 09:00", "Pacific/Tongatapu"),
)


def run(names: str) -> int:
    """Play the named days, or all; print which were well, and keep that in `build/`."""
    played = [(day, play(day)) for day in chosen(names)]
    lines = [f"{'failed' if status else 'well':<8}{day}" for day, status in played]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines), flush=True)
    return max(status for _day, status in played)


def chosen(names: str) -> list[Day]:
    known = {day.name: day for day in DAYS}
    unknown = [name for name in names.split() if name not in known]
    if unknown:
        raise Trouble(f"there is no day {unknown[0]}: choose of {', '.join(known)}")
    return [known[name] for name in names.split()] or list(DAYS)


def pick() -> Day:
    """Return another day each time."""
    return random.SystemRandom().choice(DAYS)


def play_one() -> int:
    """Play another day each time, but where all is on a day that was asked for."""
    if clock.is_shifted():
        return 0
    if postgres.is_named():
        say("No other day is played: the PostgreSQL that PG* names knows none")
        return 0
    return play(pick(), PLAYS_OF_EVERY_DAY)


def play(day: Day, people: tuple[str, ...] = PLAYS_OF_PEOPLE) -> int:
    """Play one day to its end; return the first exit status that is not 0.

    :param people: what is done in front of a browser, as pytest's arguments
    """
    say(f"Playing {day}")
    return _pytest(day, [*people]) or _pytest(day, dated_suites())


def dated_suites() -> list[str]:
    """Return those tests of the addons that look at the calendar or the clock."""
    return [
        str(path.relative_to(ROOT))
        for addon in OUR_ADDONS
        for path in sorted((ROOT / addon / "tests").rglob("test_*.py"))
        if any(map(_looks_at_the_time, _with_what_it_imports(path)))
    ]


def _with_what_it_imports(path):
    """Return a test file and the common files that it rests on."""
    found, waiting = set(), {path}
    while waiting:
        file = waiting.pop()
        found.add(file)
        names = COMMON_IMPORT.findall(file.read_text(encoding="utf-8"))
        named = {_imported_file(file, *name) for name in names}
        waiting |= {each for each in named if each.is_file()} - found
    return found


def _imported_file(file, dots, name):
    folder = file.parents[len(dots) - 1]
    return folder.joinpath(*name.split(".")).with_suffix(".py")


def _looks_at_the_time(path) -> bool:
    return bool(LOOKS_AT_THE_TIME.search(path.read_text(encoding="utf-8")))


def _pytest(day: Day, paths: list[str]) -> int:
    """Run tests in a command of their own: each begins at that moment anew."""
    words = shlex.join([*paths, "--tb=short"])
    chosen_for_it = {"DAY": day.moment, "ZONE": day.zone, "ARGS": words, "ON": ""}
    command = [sys.executable, "-m", "workbench", "pytest"]
    return run_in_foreground(command, env={**os.environ, **chosen_for_it})

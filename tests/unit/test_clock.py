"""A command plays on the day, at the hour and in the zone that it is given."""

import os
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest

from workbench import clock, databases, faketime
from workbench.browser import open_context, running_browser

YEAR = 366 * 24 * 3600
MINUTE = 60
TELL = """
import os, select, signal, subprocess, threading, time
began = time.monotonic()
time.sleep(0.2)
threading.Event().wait(0.2)
waited = time.monotonic() - began
child = subprocess.run(["date", "+%s"], capture_output=True, text=True).stdout
seen = os.path.getmtime(os.__file__), os.stat(os.__file__).st_mtime
heard = []
signal.signal(signal.SIGALRM, lambda *_: heard.append(time.time()))
signal.setitimer(signal.ITIMER_REAL, 0.1)
select.epoll().poll(0.5)
print(time.time(), child, waited, *seen, *heard)
"""


def run_command(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "workbench", *words],
        env={**os.environ, "PGHOST": "", "PGPORT": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def machines_clock():
    return time.time() - int(os.environ.get(clock.VARIABLE) or 0)


@pytest.mark.parametrize("ahead", [YEAR, -YEAR])
def test_programs_are_told_another_time_and_wait_as_always(ahead):
    environment = {**os.environ, **faketime.variables(ahead)}
    environment["PYTHONPATH"] = str(clock.PYTHON_FOLDERS[0])
    wanted = machines_clock() + ahead
    told = subprocess.run(
        [sys.executable, "-c", TELL],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    own, child, waited, aged, changed, heard = map(float, told.split())
    assert abs(own - wanted) < MINUTE
    assert abs(child - wanted) < MINUTE
    assert abs(heard - wanted) < MINUTE, "a handler that wakes a waiting program"
    assert 0.4 <= waited < 5
    assert aged == changed + ahead, "sessions are as old as they are"
    assert changed == os.stat(os.__file__).st_mtime, "compiled files stay fresh"


def test_a_moment_is_told_as_a_clock_in_that_zone_shows_it():
    in_berlin = clock.seconds_ahead("2027-03-28 01:50", "Europe/Berlin")
    assert in_berlin == clock.seconds_ahead("2027-03-28 00:50", "UTC")
    # The hour after it is left out.
    later = clock.seconds_ahead("2027-03-28 03:10", "Europe/Berlin")
    assert later - in_berlin == 20 * MINUTE
    only_day = clock.seconds_ahead("2027-03-28", "UTC")
    assert only_day == clock.seconds_ahead("2027-03-28 10:00", "UTC")


@pytest.mark.parametrize(
    "asked",
    [
        {"DAY": "someday"},
        {"ZONE": "Europe/Nowhere"},
        {"DAY": "2027-03-28", "PGHOST": "somewhere"},
    ],
)
def test_what_cannot_be_played_is_told_in_one_sentence(asked):
    result = run_command("pytest", **{clock.VARIABLE: "", "DAY": "", **asked})
    assert result.returncode == 1
    assert next(iter(asked)) in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_pages_are_at_that_moment_and_in_that_zone(monkeypatch):
    wanted = (machines_clock() + YEAR) * 1000
    monkeypatch.setenv(clock.VARIABLE, str(YEAR))
    monkeypatch.setenv("ZONE", "Pacific/Tongatapu")
    with running_browser() as browser:
        page = open_context(browser).new_page()
        page.goto("data:text/html,<p>")
        asked = "[Date.now(), new Date().getTime(), Date.parse(Date())]"
        for told in page.evaluate(asked):
            assert abs(told - wanted) < MINUTE * 1000
        nine_there = datetime(2027, 2, 9, 20, tzinfo=timezone.utc).timestamp() * 1000
        assert page.evaluate("new Date(2027, 1, 10, 9).getTime()") == nine_there
        assert page.evaluate("new Date() instanceof Date")
        assert page.evaluate("new Date(5).constructor === Date")
        assert page.evaluate("Date.UTC(1970, 0, 2)") == 24 * 3600_000


def test_only_demo_data_are_made_anew_each_day(monkeypatch):
    kinds = ("full", "core_demo", "demo")
    before = [databases._key_today(kind) for kind in kinds]
    later = time.gmtime(time.time() + 2 * YEAR)
    monkeypatch.setattr(databases.time, "gmtime", lambda: later)
    after = [databases._key_today(kind) for kind in kinds]
    assert before[:2] == after[:2]
    assert before[2] != after[2]

"""The days that are played, and which tests of the addons are."""

import calendar
from datetime import datetime, timedelta

import pytest
import pytz

from workbench import days, paths
from workbench.errors import Trouble


def moments():
    return [datetime.fromisoformat(day.moment) for day in days.DAYS]


def is_change_of_clocks(day):
    zone, midnight = pytz.timezone(day.zone), datetime.fromisoformat(day.moment)
    midnight = midnight.replace(hour=0, minute=0)
    ends = (midnight, midnight + timedelta(days=1))
    before, after = (zone.localize(end).utcoffset() for end in ends)
    return after - before


def test_the_table_has_the_days_on_which_programs_fail():
    assert {moment.weekday() for moment in moments()} == set(range(7))
    assert any(moment.day == 1 for moment in moments())
    assert {(1, 1), (12, 31), (2, 29)} <= {(day.month, day.day) for day in moments()}
    assert any(
        day.day == calendar.monthrange(day.year, day.month)[1] and day.month != 12
        for day in moments()
    )
    changes = {is_change_of_clocks(day) for day in days.DAYS}
    assert {timedelta(hours=1), timedelta(hours=-1)} <= changes
    assert {"23:50", "00:10"} <= {day.moment[-5:] for day in days.DAYS}


def test_the_table_reaches_around_the_world():
    offsets = [
        pytz.timezone(day.zone).localize(datetime.fromisoformat(day.moment)).utcoffset()
        for day in days.DAYS
    ]
    assert min(offsets) <= timedelta(hours=-10)
    assert max(offsets) >= timedelta(hours=13)


def test_every_name_is_one_day_and_another_is_refused():
    names = [day.name for day in days.DAYS]
    assert len(set(names)) == len(names)
    assert [day.name for day in days.chosen("sunday monday")] == ["sunday", "monday"]
    assert days.chosen("") == list(days.DAYS)
    with pytest.raises(Trouble, match="doomsday"):
        days.chosen("monday doomsday")
    assert days.pick() in days.DAYS


def test_only_plays_that_are_there_are_left_out():
    for name in days.THE_SAME_ON_ANY_DAY:
        assert (paths.ROOT / "tests" / "browser" / f"test_{name}.py").is_file()


def test_suites_that_look_at_the_time_are_found_themselves():
    suites = days.dated_suites()
    assert "clinic_invoicing/tests/programs/test_programs.py" in suites
    # Only the common file that it rests on does.
    assert "clinic_stripe_gateway/tests/sequences/test_sequences.py" in suites
    assert "clinic_invoicing/tests/rates/test_rates.py" not in suites


@pytest.mark.parametrize("statuses", [(0, 0), (0, 1), (2, 0)])
def test_a_day_is_well_when_all_that_is_played_is(monkeypatch, tmp_path, statuses):
    monkeypatch.setattr(days, "TABLE", tmp_path / "days.txt")
    left, played = list(statuses), []

    def play(command, env):
        played.append((env["DAY"], env["ZONE"], env["ARGS"].split()[0]))
        return left.pop(0)

    monkeypatch.setattr(days, "run_in_foreground", play)
    status = days.run("tongatapu")
    assert bool(status) == any(statuses)
    assert played[0] == ("2027-02-10 09:00", "Pacific/Tongatapu", "tests/browser")
    word = "failed" if any(statuses) else "well"
    assert (tmp_path / "days.txt").read_text().split()[0] == word


def test_test_all_plays_another_day_unless_it_is_on_one(monkeypatch):
    played = []
    monkeypatch.setattr(days, "play", lambda day, people: played.append(day) or 3)
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(days.clock.VARIABLE, "60")
    assert days.play_one() == 0
    monkeypatch.delenv(days.clock.VARIABLE)
    assert days.play_one() == 3
    assert len(played) == 1
    monkeypatch.setenv("PGHOST", "elsewhere.example.com")
    assert days.play_one() == 0
    assert len(played) == 1

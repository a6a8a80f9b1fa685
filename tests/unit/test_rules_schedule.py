"""Schedules that a practice writes as a list of days."""

import pytest

from clinic_invoicing.rules import schedule


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3, 14, 30", [3, 14, 30]),
        (" 14,3 ,3", [3, 14]),
        ("-2, 7", [-2, 7]),
        ("7,", [7]),
        ("", []),
        (None, []),
        (False, []),
    ],
)
def test_days_are_read_in_their_order(text, days):
    assert schedule.parse_days(text) == days


@pytest.mark.parametrize("text", ["soon", "3; 14", "1.5", "3651", "-3651", "1e3"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ValueError, match="days"):
        schedule.parse_days(text)

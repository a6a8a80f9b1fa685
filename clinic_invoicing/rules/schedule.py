"""Schedules that a practice writes as a list of days."""

import re

WHOLE_DAYS = re.compile("-?[0-9]{1,4}")
# Nobody plans further ahead, and dates must stay dates.
MOST_DAYS = 3650


def parse_days(text):
    """Return the days of a schedule in their order, each once.

    :param str text: whole numbers separated by commas; nothing is an empty schedule
    :rtype: list[int]
    :raise ValueError: it is something else, or more than ten years
    """
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if not all(map(WHOLE_DAYS.fullmatch, parts)):
        raise ValueError("not a list of days")
    days = set(map(int, parts))
    if any(abs(day) > MOST_DAYS for day in days):
        raise ValueError("too many days")
    return sorted(days)

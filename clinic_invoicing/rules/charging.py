"""The life of a charge that is due on a date: which moves it makes, and when next."""

from datetime import timedelta

MOVES = {
    "draft": {"planned", "cancelled"},
    "planned": {"noticed", "link_sent", "done", "cancelled"},
    "noticed": {"charging", "link_sent", "done", "cancelled"},
    "charging": {"done", "retrying", "link_sent"},
    "retrying": {"charging", "link_sent", "done", "cancelled"},
    "link_sent": {"done", "cancelled"},
    "done": set(),
    "cancelled": set(),
}


def is_allowed(state, target):
    """Whether a charge in one state may move to the other."""
    return target in MOVES[state]


def get_retry_date(first, days, attempts):
    """Return the day of the next attempt, ``None`` when there is none left.

    :param date first: when the card was charged for the first time
    :param list[int] days: after the first attempt, in their order
    :param int attempts: how many there were
    """
    if attempts > len(days):
        return None
    return first + timedelta(days=days[attempts - 1])

"""How long jobs wait before they try again: longer each time, never for ever."""

from datetime import timedelta

LONGEST_DELAY_SECONDS = 6 * 3600
# Larger powers would only be cut off by the longest delay.
MOST_DOUBLINGS = 12
SHORTEST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


def doubled(first_seconds, attempts):
    """Return the delay after some failed attempts, twice as long after each.

    :param int attempts: that came before the one that has just failed
    """
    seconds = first_seconds * 2 ** min(attempts, MOST_DOUBLINGS)
    return timedelta(seconds=min(seconds, LONGEST_DELAY_SECONDS))


def as_long_as(age):
    """Return the delay for what waits since a while: as long again.

    :param timedelta age: since it began to wait
    """
    return max(SHORTEST_WAIT, min(age, LONGEST_WAIT))

"""A debt in parts: how much each is, when it is due, and what is left of them."""

from calendar import monthrange
from datetime import timedelta

DAYS_BETWEEN = {"week": 7, "fortnight": 14}


def split(total, number):
    """Divide an amount into equal parts; the last takes what cannot be divided.

    :param int total: in the smallest unit of the currency
    :rtype: list[int]
    :raise ValueError: there are no such parts
    """
    if not 0 < number <= total:
        raise ValueError("no such parts")
    part = total // number
    return [part] * (number - 1) + [total - part * (number - 1)]


def get_dates(first, interval, number):
    """Return the days on which the parts are due.

    Each is counted from the first: from January 31 on, every last of the month.

    :param str interval: ``week``, ``fortnight`` or ``month``
    """
    if interval == "month":
        return [_add_months(first, months) for months in range(number)]
    step = timedelta(days=DAYS_BETWEEN[interval])
    return [first + step * position for position in range(number)]


def _add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def shrink(parts, asked, owed):
    """Return what is left of the parts when less is owed than they sum up to.

    What was paid counts for the parts that the payer was asked for, then for the
    last ones: a payer who pays early is through early.

    :param list[int] parts: still open, in the order of their dates
    :param int asked: how many of the first ones the payer was asked for already
    :param int owed: what is owed now; more than the parts changes nothing
    :rtype: list[int]
    """
    left = list(parts)
    paid = max(0, sum(parts) - max(0, owed))
    later = range(len(parts) - 1, asked - 1, -1)
    for position in (*range(asked), *later):
        taken = min(paid, left[position])
        left[position] -= taken
        paid -= taken
    return left

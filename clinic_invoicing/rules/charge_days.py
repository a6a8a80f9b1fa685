"""Charges: when they are tried again, how long their notice lasts, what fits."""

from datetime import timedelta

# A payer has forgotten by then what the notice said.
NOTICE_LASTS = timedelta(days=7)


def get_retry_date(first, days, attempts):
    """Return the day of the next attempt, ``None`` when there is none left.

    :param date first: when the card was charged for the first time
    :param list[int] days: after the first attempt, in their order
    :param int attempts: how many there were
    """
    if attempts > len(days):
        return None
    return first + timedelta(days=days[attempts - 1])


def is_notice_over(told_for, today):
    """Return whether the payer was told of a day that lies too far back to charge now.

    :param date told_for: the last day on which they had to expect the charge
    """
    return today > told_for + NOTICE_LASTS


def get_last_day(date, first, days):
    """Return the last day on which a payer has to expect the charge.

    :param date date: that the payer was told
    :param date first: when the card was charged for the first time, if it was
    :param list[int] days: of the attempts after the first, in their order
    """
    if not first:
        return date
    return max(date, first + timedelta(days=max(days, default=0)))


def take_what_fits(amounts, limit):
    """Return which of these amounts fit into a limit together, the first ones first.

    :rtype: list[bool]
    """
    fits, total = [], 0
    for amount in amounts:
        fits.append(total + amount <= limit)
        total += amount if fits[-1] else 0
    return fits

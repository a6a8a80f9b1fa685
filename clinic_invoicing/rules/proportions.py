"""Totals divided by percentages and proportions, in the currency's smallest unit."""

from itertools import accumulate


def share_amounts(total, covers):
    """Return what the shares with these covers owe, none more than is left.

    :param int total: of the service
    :param covers: ``(kind, value)`` in their order: ``percent`` of the total, or
        ``amount`` in the smallest unit
    :return: one amount for each cover; the rest is not among them
    :rtype: list[int]
    """
    left, amounts = total, []
    for kind, value in covers:
        wanted = percent_of(total, value) if kind == "percent" else value
        amount = max(0, min(wanted, left))
        left -= amount
        amounts.append(amount)
    return amounts


def percent_of(total, percent):
    """Return ``percent`` of a whole number, half a unit rounded up."""
    # In millionths: 33.3333 % of a price must not depend on binary fractions.
    return (total * round(percent * 1_000_000) + 50_000_000) // 100_000_000


def split_in_proportion(amount, weights):
    """Split a whole number in proportion; the parts sum to it exactly.

    :param int amount: may be negative
    :param list[int] weights: not negative, not all zero
    """
    whole = sum(weights)
    ends = [round(amount * end / whole) for end in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]

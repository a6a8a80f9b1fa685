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


def share_out(difference, weights):
    """Share out what a whole is more or less than its parts, in proportion.

    :param int difference: between the whole and the sum of its parts
    :param list[int] weights: of the parts; one without, or a negative one, takes
        nothing, unless no part has any: then the last one takes all of it
    """
    weights = [max(0, weight) for weight in weights]
    if not any(weights):
        weights = [*[0] * (len(weights) - 1), 1]
    return split_in_proportion(difference, weights)


def split_in_proportion(amount, weights):
    """Split a whole number in proportion; the parts sum to it exactly.

    :param int amount: may be negative
    :param list[int] weights: not negative, not all zero
    """
    whole = sum(weights)
    ends = [round(amount * end / whole) for end in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]

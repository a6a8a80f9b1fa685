"""Amounts in the smallest unit of their currency, and how they are handed out."""

from itertools import accumulate, pairwise


def allocate_in_order(paid, nets):
    """Hand out what was paid to the shares in their order, first come first served.

    A proportional split would need rounding, and its parts would not add up to
    the cent. Filling one share after the other does, always.

    :param int paid: what was paid, in the currency's smallest unit
    :param list[int] nets: what each share owes, in the smallest unit; a share
        that is owed money (negative net) takes nothing
    :return: what was paid for each share, in the order of ``nets``
    :rtype: list[int]
    """
    allocated = []
    for net in nets:
        part = max(0, min(paid, net))
        paid -= part
        allocated.append(part)
    return allocated


def allocate_as_shown(paid, shown, asked):
    """Hand out what was paid as it was shown before, and the rest in order.

    :param int paid: what was paid, in the currency's smallest unit
    :param list[int] shown: what was shown to be paid of each, in the smallest unit
    :param list[int] asked: what is asked of each by now; none gets more
    :return: what is paid of each, in the order of ``asked``
    :rtype: list[int]
    """
    first = allocate_in_order(paid, list(map(min, shown, asked)))
    open_then = [whole - part for whole, part in zip(asked, first, strict=True)]
    rest = allocate_in_order(paid - sum(first), open_then)
    return [sum(both) for both in zip(first, rest, strict=True)]


def pair_off(haves, wants):
    """Say which of the first ones pays how much of which of the second ones.

    Both in their order, as far as the shorter of them goes.

    :param list[int] haves: what each has, in the smallest unit
    :param list[int] wants: what each wants, in the smallest unit
    :return: an index of ``haves``, one of ``wants`` and the part that they share
    :rtype: list[tuple[int, int, int]]
    """
    haves, wants, pairs = list(haves), list(wants), []
    have = want = 0
    while have < len(haves) and want < len(wants):
        part = max(0, min(haves[have], wants[want]))
        if part:
            pairs.append((have, want, part))
        haves[have] -= part
        wants[want] -= part
        if haves[have] <= 0:
            have += 1
        else:
            want += 1
    return pairs


def split_write_off(write_off, parts, discounts):
    """Say how much of each part of a payment is written off, and no money.

    Each part has its own discount. Of what is left the first parts are written off
    first: what comes later was paid with money. When more money came than was to be
    paid, the write-off is negative: the first part has all of it.

    :param int write_off: of the whole payment, in the currency's smallest unit
    :param list[int] parts: what the payment has settled, in the smallest unit
    :param list[int] discounts: what was let off each part, in the smallest unit
    :return: the write-off in each part, in the order of ``parts``
    :rtype: list[int]
    """
    if write_off < 0:
        return [write_off if index == 0 else 0 for index in range(len(parts))]
    own = allocate_in_order(write_off, discounts)
    paid = [part - discount for part, discount in zip(parts, own, strict=True)]
    more = allocate_in_order(write_off - sum(own), paid)
    return [sum(both) for both in zip(own, more, strict=True)]


def take_share(amounts, part, whole):
    """Take the same share of each of these amounts.

    Together it is that share of their sum, to the unit.

    :param list[int] amounts: in the currency's smallest unit
    :param float part: of ``whole``: what the share is
    :return: what is taken of each, in the order of ``amounts``
    :rtype: list[int]
    """
    totals = [round(total * part / whole) for total in accumulate(amounts)]
    return [total - before for before, total in pairwise([0, *totals])]


def to_smallest_unit(amount, rounding):
    """Return ``amount`` as a whole number of the currency's ``rounding``."""
    return round(amount / rounding)

"""Which part of a partly paid invoice has been paid for which of its shares."""


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


def to_smallest_unit(amount, rounding):
    """Return ``amount`` as a whole number of the currency's ``rounding``."""
    return round(amount / rounding)

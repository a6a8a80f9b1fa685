"""How much of a rate was rendered, out of how long a visit took."""

from math import ceil, floor

ROUNDINGS = {
    "up": ceil,
    "down": floor,
    # Not round(), which takes half a unit down as often as up.
    "nearest": lambda units: floor(units + 0.5),
}


def units_of_minutes(minutes, minutes_per_unit, rounding):
    """Return how many units are billed for so many minutes, at least one.

    :param float minutes: as long as it took
    :param float minutes_per_unit: what one unit stands for, more than zero
    :param str rounding: ``up``, ``nearest`` or ``down``, or ``exact`` for a part
        of a unit
    """
    # Hours are stored as fractions: 20 minutes are 0.3333 hours.
    units = round(minutes / minutes_per_unit, 2)
    if rounding == "exact":
        return units or 1.0
    return float(max(1, ROUNDINGS[rounding](units)))

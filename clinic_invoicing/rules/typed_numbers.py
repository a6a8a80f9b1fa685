"""Numbers that somebody has typed."""

from math import isfinite


def read_number(text):
    """Return the number that was typed, ``None`` if it is none.

    Python also reads "nan" and "inf" as numbers, and nobody pays them.

    :rtype: float | None
    """
    try:
        number = float(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None

"""Numbers that somebody has typed."""

from math import isfinite

# Nobody pays so much at once; it is a typing error or worse.
TOO_MUCH = 10**12


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


def read_amount(text):
    """Return the amount of money that was typed; 0 if it is none that is ever paid.

    :rtype: float
    """
    amount = read_number(text)
    return amount if amount and 0 < amount < TOO_MUCH else 0.0

"""A seal is another one as soon as anything that was shown is another one."""

import datetime

import pytest

from clinic_invoicing.rules.seal import seal

SHOWN = ("payment", 20.0, [(7, "INV/7", 20.0, 0.0, 90.0)], [(3, "4242")])
OTHERS = [
    ("deposit", *SHOWN[1:]),
    ("payment", 20.01, *SHOWN[2:]),
    ("payment", 20.0, [(8, "INV/7", 20.0, 0.0, 90.0)], SHOWN[3]),
    ("payment", 20.0, [(7, "INV/7", 20.0, 0.0, 89.99)], SHOWN[3]),
    ("payment", 20.0, [*SHOWN[2], (8, "INV/8", 0.0, 0.0, 1.0)], SHOWN[3]),
    ("payment", 20.0, SHOWN[2], [(3, "9999")]),
    ("payment", 20.0, SHOWN[2], []),
    ("payment", 20.0, SHOWN[2]),
    # Texts that only join alike.
    ("payment", 20.0, [(7, "INV/7", 20.0, "0.0", 90.0)], SHOWN[3]),
]


def test_the_same_is_sealed_alike():
    assert seal(*SHOWN) == seal(*SHOWN)
    assert seal(1, "a", (1, 2)) == seal(1, "a", [1, 2])
    assert seal(datetime.date(2024, 2, 29)) == seal(datetime.date(2024, 2, 29))


@pytest.mark.parametrize("other", OTHERS)
def test_something_else_is_sealed_otherwise(other):
    assert seal(*other) != seal(*SHOWN)


def test_amounts_are_compared_as_money_and_not_as_binary_fractions():
    assert seal(0.1 + 0.2) == seal(0.3)
    assert seal(0.30) != seal(0.31)

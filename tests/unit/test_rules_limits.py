"""What is charged of an amount by a provider that has limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules.limits import Limits

DOLLARS = Limits(least=50, most=99_999_999)
RIALS = Limits(least=10, most=9_999_999, step=10)


@pytest.mark.parametrize(
    ("limits", "amount", "charged"),
    [
        (Limits(), 1, 1),
        (Limits(), 0, 0),
        (DOLLARS, 30, 0),
        (DOLLARS, 50, 50),
        (DOLLARS, 99_999_999, 99_999_999),
        # What is left can be charged, too.
        (DOLLARS, 100_000_000, 99_999_950),
        (DOLLARS, 200_000_000, 99_999_999),
        (RIALS, 13_125, 13_120),
        (RIALS, 5, 0),
    ],
)
def test_so_much_is_charged(limits, amount, charged):
    assert limits.fit(amount) == charged


@given(
    st.builds(
        Limits,
        least=st.integers(1, 100),
        most=st.none() | st.integers(1_000, 5_000),
        step=st.sampled_from([1, 10, 100]),
    ),
    st.integers(0, 20_000),
)
def test_what_is_charged_is_taken_and_leaves_nothing_that_is_not(limits, amount):
    part = limits.fit(amount)
    assert 0 <= part <= amount
    assert part == 0 or limits.takes(part)
    rest = amount - part
    if part and limits.least >= limits.step:
        assert rest < limits.step or limits.fit(rest) > 0


@pytest.mark.parametrize(
    ("amount", "is_taken"), [(49, False), (50, True), (100_000_000, False)]
)
def test_so_much_is_taken(amount, is_taken):
    assert DOLLARS.takes(amount) == is_taken

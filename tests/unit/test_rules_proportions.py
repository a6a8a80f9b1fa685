"""What each payer owes, and how much of a rate was rendered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules.proportions import (
    percent_of,
    share_amounts,
    share_out,
    split_in_proportion,
)
from clinic_invoicing.rules.quantities import units_of_minutes

AMOUNTS = st.integers(0, 10**9)
COVERS = st.lists(
    st.one_of(
        st.tuples(st.just("percent"), st.floats(0, 100)),
        st.tuples(st.just("amount"), AMOUNTS),
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("total", "covers", "amounts"),
    [
        (10000, [], []),
        (10000, [("percent", 70)], [7000]),
        (10000, [("amount", 7000), ("percent", 20)], [7000, 2000]),
        (10000, [("percent", 80), ("percent", 80)], [8000, 2000]),
        (10000, [("amount", 12000), ("amount", 1)], [10000, 0]),
        (9999, [("percent", 33.3333)], [3333]),
        (5, [("percent", 50)], [3]),
        (10000, [("amount", -5)], [0]),
    ],
)
def test_covers_are_taken_in_their_order(total, covers, amounts):
    assert share_amounts(total, covers) == amounts


@given(AMOUNTS, COVERS)
def test_no_cover_takes_more_than_is_left(total, covers):
    amounts = share_amounts(total, covers)
    assert all(amount >= 0 for amount in amounts)
    assert sum(amounts) <= total


@given(AMOUNTS)
def test_all_of_an_amount_is_a_hundred_percent(total):
    assert percent_of(total, 100) == total
    assert percent_of(total, 0) == 0


@given(st.integers(-(10**9), 10**9), st.lists(AMOUNTS, min_size=1).filter(any))
def test_parts_sum_to_the_whole(amount, weights):
    assert sum(split_in_proportion(amount, weights)) == amount


@pytest.mark.parametrize(
    ("minutes", "per_unit", "rounding", "units"),
    [
        (45, 15, "up", 3),
        (46, 15, "up", 4),
        (46, 15, "down", 3),
        (52.5, 15, "nearest", 4),
        (52, 15, "nearest", 3),
        (20, 60, "exact", 0.33),
        (5, 15, "down", 1),
        (0, 15, "up", 1),
        (0, 15, "exact", 1),
        # 20 minutes as Odoo stores them, in hours.
        (0.333333 * 60, 20, "up", 1),
    ],
)
def test_minutes_are_rounded_as_the_rate_says(minutes, per_unit, rounding, units):
    assert units_of_minutes(minutes, per_unit, rounding) == units


@pytest.mark.parametrize(
    ("difference", "weights", "parts"),
    [
        (1, [10, 20], [0, 1]),
        (-26, [1300, 0], [-26, 0]),
        (-3, [100, 100, 100], [-1, -1, -1]),
        (2, [0, 0], [0, 2]),
        (2, [-5, 5], [0, 2]),
    ],
)
def test_difference_is_shared_out_in_proportion(difference, weights, parts):
    assert share_out(difference, weights) == parts


@given(st.integers(-1000, 1000), st.lists(st.integers(-100, 10**6), min_size=1))
def test_what_is_shared_out_is_the_whole_difference(difference, weights):
    assert sum(share_out(difference, weights)) == difference

"""What is handed out in smallest units is whole, in order, and nobody's twice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules.smallest_units import (
    allocate_as_shown,
    allocate_in_order,
    pair_off,
    split_write_off,
    take_share,
    to_smallest_unit,
)

CENTS = st.integers(min_value=-(10**9), max_value=10**9)
NETS = st.lists(CENTS, max_size=12)


@given(CENTS, NETS)
def test_nothing_is_lost_and_nothing_is_invented(paid, nets):
    owed = sum(net for net in nets if net > 0)
    assert sum(allocate_in_order(paid, nets)) == min(max(paid, 0), owed)


@given(CENTS, NETS)
def test_no_share_gets_more_than_it_owes_or_less_than_nothing(paid, nets):
    parts = allocate_in_order(paid, nets)
    assert len(parts) == len(nets)
    assert all(0 <= part <= max(net, 0) for part, net in zip(parts, nets, strict=True))


@given(CENTS, NETS)
def test_a_share_gets_money_only_when_those_before_it_are_full(paid, nets):
    parts = allocate_in_order(paid, nets)
    short = [part < net for part, net in zip(parts, nets, strict=True)]
    if any(short):
        assert not any(parts[short.index(True) + 1 :])


@given(CENTS, CENTS, NETS)
def test_paying_more_takes_from_nobody(paid, more, nets):
    before = allocate_in_order(paid, nets)
    after = allocate_in_order(paid + abs(more), nets)
    assert all(late >= early for early, late in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("paid", "nets", "parts"),
    [
        (0, [5000, 7000], [0, 0]),
        (5000, [5000, 7000], [5000, 0]),
        (6000, [5000, 7000], [5000, 1000]),
        (12000, [5000, 7000], [5000, 7000]),
        (12001, [5000, 7000], [5000, 7000]),
        (-1, [5000], [0]),
        (6000, [-2000, 5000, 3000], [0, 5000, 1000]),
        (100, [], []),
    ],
)
def test_shares_are_filled_one_after_the_other(paid, nets, parts):
    assert allocate_in_order(paid, nets) == parts


@given(CENTS, st.lists(st.integers(min_value=1, max_value=10**9), min_size=1))
def test_a_write_off_is_split_to_the_cent(write_off, parts):
    written_off = split_write_off(write_off, parts, [0] * len(parts))
    assert len(written_off) == len(parts)
    assert sum(written_off) == min(write_off, sum(parts))


@pytest.mark.parametrize(
    ("write_off", "parts", "discounts", "written_off"),
    [
        (500, [10000], [0], [500]),
        (500, [300, 10000], [0, 0], [300, 200]),
        (500, [300, 10000], [0, 500], [0, 500]),
        (500, [300, 10000], [0, 200], [300, 200]),
        (100, [300, 10000], [6, 200], [6, 94]),
        (0, [300, 10000], [6, 200], [0, 0]),
        (-500, [300, 10000], [0, 200], [-500, 0]),
        (500, [], [], []),
        (-500, [], [], []),
    ],
)
def test_each_has_its_discount_then_the_first_are_written_off_first(
    write_off, parts, discounts, written_off
):
    assert split_write_off(write_off, parts, discounts) == written_off


@given(
    st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=1),
    st.integers(min_value=1, max_value=100),
)
def test_a_share_of_each_is_to_the_cent_that_of_all(amounts, percent):
    taken = take_share(amounts, percent, 100)
    assert sum(taken) == round(sum(amounts) * percent / 100)
    assert take_share(amounts, 100, 100) == amounts


@given(
    st.integers(min_value=-(10**12), max_value=10**12),
    st.sampled_from(["1", "0.1", "0.05", "0.01", "0.001"]),
)
def test_every_amount_of_a_currency_is_a_whole_number_of_its_unit(units, rounding):
    amount = float(units * Decimal(rounding))
    assert to_smallest_unit(amount, float(rounding)) == units


def test_what_was_shown_is_paid_first_then_what_is_open_in_order():
    assert allocate_as_shown(100, [0, 15, 85], [85, 85, 85]) == [0, 15, 85]
    assert allocate_as_shown(100, [85, 15, 0], [35, 85, 0]) == [35, 65, 0]
    assert allocate_as_shown(100, [35, 65, 0], [85, 85, 85]) == [35, 65, 0]
    assert allocate_as_shown(100, [85, 15], [0, 50]) == [0, 50]
    assert allocate_as_shown(100, [0, 0], [85, 85]) == [85, 15]


@given(CENTS, st.lists(st.tuples(CENTS, CENTS), max_size=12))
def test_what_was_shown_loses_nothing_and_pays_no_more_than_is_asked(paid, lines):
    shown = [each for each, _asked in lines]
    asked = [each for _shown, each in lines]
    parts = allocate_as_shown(paid, shown, asked)
    assert sum(parts) == sum(allocate_in_order(paid, asked))
    assert all(
        0 <= part <= max(0, whole) for part, whole in zip(parts, asked, strict=True)
    )


AMOUNTS = st.lists(st.integers(min_value=0, max_value=10**6), max_size=12)


@given(AMOUNTS, AMOUNTS)
def test_what_pays_what_is_paired_to_the_cent_and_in_order(haves, wants):
    pairs = pair_off(haves, wants)
    assert sum(part for *_pair, part in pairs) == min(sum(haves), sum(wants))
    assert all(part > 0 for *_pair, part in pairs)
    assert pairs == sorted(pairs)
    for index, have in enumerate(haves):
        assert sum(part for one, _other, part in pairs if one == index) <= have
    for index, want in enumerate(wants):
        assert sum(part for _one, other, part in pairs if other == index) <= want

from datetime import date
from itertools import product

import pytest

from clinic_invoicing.rules import instalments


@pytest.mark.parametrize(
    ("total", "number", "expected"),
    [
        (10000, 1, [10000]),
        (10000, 3, [3333, 3333, 3334]),
        (3, 3, [1, 1, 1]),
        (5, 3, [1, 1, 3]),
    ],
)
def test_the_last_part_takes_the_cents(total, number, expected):
    assert instalments.split(total, number) == expected


def test_parts_always_sum_up_to_the_total():
    for total, number in product(range(1, 60), range(1, 25)):
        if number <= total:
            parts = instalments.split(total, number)
            assert sum(parts) == total
            assert len(parts) == number
            assert min(parts) > 0


@pytest.mark.parametrize(
    ("total", "number"), [(0, 1), (-5, 1), (5, 0), (5, -1), (2, 3)]
)
def test_there_is_no_part_of_nothing(total, number):
    with pytest.raises(ValueError, match="no such parts"):
        instalments.split(total, number)


def test_a_month_ends_when_it_ends():
    dates = instalments.get_dates(date(2026, 1, 31), "month", 3)
    assert dates == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


def test_weeks_and_fortnights():
    first = date(2026, 1, 1)
    assert instalments.get_dates(first, "week", 2)[1] == date(2026, 1, 8)
    assert instalments.get_dates(first, "fortnight", 2)[1] == date(2026, 1, 15)


@pytest.mark.parametrize(
    ("asked", "owed", "expected"),
    [
        (0, 300, [100, 100, 100]),
        (0, 250, [100, 100, 50]),
        (0, 150, [100, 50, 0]),
        (0, 0, [0, 0, 0]),
        (0, -5, [0, 0, 0]),
        # It was paid by the link that was sent for it.
        (1, 200, [0, 100, 100]),
        (1, 150, [0, 100, 50]),
        (3, 50, [0, 0, 50]),
        # A payment was taken back: nobody has agreed to pay more at once.
        (0, 400, [100, 100, 100]),
    ],
)
def test_what_is_paid_early_shrinks_the_last_parts(asked, owed, expected):
    assert instalments.shrink([100, 100, 100], asked, owed) == expected

from datetime import date

import pytest

from clinic_invoicing.rules import charge_days

FIRST = date(2026, 3, 30)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (1, date(2026, 3, 31)),
        (2, date(2026, 4, 2)),
        (3, date(2026, 4, 6)),
        (4, None),
    ],
)
def test_retries_are_counted_from_the_first_attempt(attempts, expected):
    assert charge_days.get_retry_date(FIRST, [1, 3, 7], attempts) == expected


def test_without_schedule_there_is_no_retry():
    assert charge_days.get_retry_date(FIRST, [], 1) is None


@pytest.mark.parametrize(
    ("date", "first", "days", "expected"),
    [
        (FIRST, None, [1, 3], FIRST),
        (FIRST, FIRST, [], FIRST),
        (FIRST, FIRST, [1, 3], date(2026, 4, 2)),
        # Told anew after the attempts.
        (date(2026, 5, 1), FIRST, [1, 3], date(2026, 5, 1)),
    ],
)
def test_a_payer_expects_the_charge_until_its_last_attempt(date, first, days, expected):
    assert charge_days.get_last_day(date, first, days) == expected


def test_a_notice_lasts_for_a_week():
    assert not charge_days.is_notice_over(FIRST, date(2026, 4, 6))
    assert charge_days.is_notice_over(FIRST, date(2026, 4, 7))


@pytest.mark.parametrize(
    ("amounts", "limit", "fits"),
    [
        ([], 100, []),
        ([60, 40], 100, [True, True]),
        ([60, 60, 30], 100, [True, False, True]),
        ([150, 60], 100, [False, True]),
        ([101], 100, [False]),
    ],
)
def test_what_fits_into_a_limit_together_is_taken(amounts, limit, fits):
    assert charge_days.take_what_fits(amounts, limit) == fits

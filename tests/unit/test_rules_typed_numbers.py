"""Numbers that somebody has typed."""

import pytest

from clinic_invoicing.rules.typed_numbers import TOO_MUCH, read_amount, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("25.50", 25.5), (" 7 ", 7), ("-1", -1), ("1e3", 1000), (20.27, 20.27), ("0", 0)],
)
def test_numbers_are_read(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1,5", "nan", "inf", "-inf", "1e400", "9" * 400, "\0", None, [1], {}],
)
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


def test_a_number_that_no_float_holds_is_none():
    assert read_number(10**400) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("25.50", 25.5),
        (0.01, 0.01),
        (TOO_MUCH - 1, TOO_MUCH - 1),
        (TOO_MUCH, 0),
        ("1e300", 0),
    ],
)
def test_amounts_are_read_up_to_what_is_ever_paid(text, amount):
    assert read_amount(text) == amount


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "0", None, 10**400])
def test_what_is_no_amount_is_nothing(text):
    assert read_amount(text) == 0

"""The command ``odoo stripe_ledger``, as an administrator runs it."""

import time

import pytest

from workbench.emulator import SECRET_KEY


@pytest.fixture(scope="module")
def ledger(stripe_practice):
    """Give a practice with one payment, which is booked."""
    stripe_practice.pay()
    return stripe_practice


def test_books_that_agree_end_with_zero_and_differences_with_one(ledger):
    status, printed, log = ledger.command("stripe_ledger")
    assert status == 0, log
    assert "1 charges, 0 refunds" in printed
    assert "0 differences" in printed
    started = ledger.control.clock()["now"]
    ledger.control.freeze(int(time.time()))
    ledger.pay()
    status, printed, log = ledger.command("stripe_ledger")
    assert status == 3, log
    assert "1 under way" in printed
    assert "0 differences" in printed
    # A difference is worse than what may still become right.
    ledger.control.freeze(started)
    intent = ledger.pay(is_booked=False)
    status, printed, _log = ledger.command("stripe_ledger")
    assert status == 1
    (row,) = [line for line in printed.splitlines() if intent in line]
    assert "Paid at Stripe, not in the books" in row
    assert "120.00 USD" in row
    assert SECRET_KEY not in printed
    # It is kept, as what the job has found is.
    kinds = ledger.run(
        lambda env: env["clinic.stripe.difference"].search([]).mapped("kind")
    )
    assert kinds == ["charge_not_booked"]


def test_another_period_is_another_result(ledger):
    days = "--from=2020-01-01", "--to=2020-01-31"
    status, printed, log = ledger.command("stripe_ledger", *days)
    assert status == 0, log
    assert "0 charges" in printed


def test_what_cannot_be_compared_is_no_success(ledger):
    ledger.control.fault("refuse", path="/v1/charges")
    try:
        status, printed, _log = ledger.command("stripe_ledger")
    finally:
        ledger.control.clear_faults()
    assert status == 2
    assert "Could not be compared" in printed


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("--from=tomorrow", "YYYY-MM-DD"),
        ("--from=9999-01-01", "after --to"),
        ("--provider=0", "No such Stripe provider"),
        ("--provider=999999", "No such Stripe provider"),
        ("--database=a,b", "Name one database"),
        ("--database=no_such_practice", "no_such_practice"),
    ],
)
def test_what_could_not_be_asked_is_neither_agreed_nor_different(ledger, word, told):
    status, printed, log = ledger.command("stripe_ledger", word)
    assert status == 2, log
    assert told in log
    assert not printed

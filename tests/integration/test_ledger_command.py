"""The command ``odoo stripe_ledger``, as an administrator runs it."""

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


def test_wrong_words_are_told(ledger):
    status, _printed, log = ledger.command("stripe_ledger", "--from=tomorrow")
    assert status == 2
    assert "YYYY-MM-DD" in log

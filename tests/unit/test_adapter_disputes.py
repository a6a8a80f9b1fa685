"""What a dispute has moved, whatever the currency of the account is."""

import pytest
import stripe

from clinic_stripe_gateway.adapter.books import _to_dispute
from clinic_stripe_gateway.adapter.disputes import DisputeMovement, DisputeSnapshot


def snapshot(*movements, status="needs_response"):
    """Return a dispute of 100.00 euros; movements are amount, fee and currency."""
    return DisputeSnapshot(
        id="du_1",
        status=status,
        reason="fraudulent",
        amount=10000,
        currency="eur",
        charge_id="ch_1",
        intent_id="pi_1",
        due_by=0,
        is_refundable=False,
        reference="",
        has_origin=False,
        movements=tuple(
            DisputeMovement(amount, fee, currency, at)
            for at, (amount, fee, currency) in enumerate(movements, 1)
        ),
    )


def listed(*movements):
    """Return the same dispute as the ledger check reads it."""
    return _to_dispute(
        stripe.Dispute.construct_from(
            {
                "id": "du_1",
                "charge": "ch_1",
                "payment_intent": "pi_1",
                "status": "needs_response",
                "amount": 10000,
                "currency": "eur",
                "created": 1,
                "balance_transactions": [
                    {"amount": amount, "fee": fee, "currency": currency}
                    for amount, fee, currency in movements
                ],
            },
            None,
        )
    )


@pytest.mark.parametrize(
    ("movements", "withdrawn"),
    [
        ((), 0),
        (((-10000, 1500, "eur"),), 10000),
        (((-4000, 1500, "eur"),), 4000),
        (((-10000, 1500, "eur"), (10000, 0, "eur")), 0),
        (((-10000, 1500, "eur"), (4000, 0, "eur")), 6000),
        (((-10000, 1500, "eur"), (10000, 0, "eur"), (-10000, 0, "eur")), 10000),
        (((-10000, 1500, "eur"), (10100, -1500, "eur")), 0),
        # Converted: the rate of the way back is another one.
        (((-11000, 1500, "usd"),), 10000),
        (((-11000, 1500, "usd"), (10500, 0, "usd")), 0),
        (((-11000, 1500, "usd"), (10500, 0, "usd"), (-10800, 0, "usd")), 10000),
    ],
)
def test_what_the_account_misses_is_told_in_the_currency_of_the_payment(
    movements, withdrawn
):
    assert snapshot(*movements).withdrawn == withdrawn
    assert listed(*movements).withdrawn == withdrawn


def test_the_fee_is_in_the_currency_of_the_account():
    dispute = snapshot((-11000, 1500, "usd"), (10500, -1500, "usd"))
    assert (dispute.fee, dispute.fee_currency, dispute.moved_at) == (0, "usd", 2)
    assert (snapshot().fee, snapshot().fee_currency, snapshot().moved_at) == (
        0,
        "eur",
        0,
    )


@pytest.mark.parametrize(
    ("status", "is_closed"),
    [
        ("needs_response", False),
        ("warning_under_review", False),
        ("appeal_needs_response", False),
        ("made_up_tomorrow", False),
        ("won", True),
        ("lost", True),
        ("warning_closed", True),
        ("prevented", True),
    ],
)
def test_only_a_decision_ends_a_dispute(status, is_closed):
    assert snapshot(status=status).is_closed is is_closed

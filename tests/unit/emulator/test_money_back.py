"""Refunds and disputes, and what they do to the balance."""

import pytest
import stripe

from .kit import authorise, eventually, pay

DAY = 24 * 3600


def refused(client, **params):
    """Return the error of a refund that Stripe would refuse."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params)
    return caught.value


def test_refunds_add_up_to_the_charge_and_no_further(client, control):
    paid = pay(client, 5000)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    error = refused(client, payment_intent=paid.id, amount=3001)
    assert (error.code, error.param) == ("amount_too_large", "amount")
    assert "greater than unrefunded amount on charge ($30.00 usd)" in str(error)
    rest = client.v1.refunds.create(
        {
            "charge": paid.latest_charge,
            "reason": "duplicate",
            "metadata": {"why": "twice"},
        }
    )
    assert (rest.amount, rest.status, rest.reason) == (3000, "succeeded", "duplicate")
    assert refused(client, payment_intent=paid.id).code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(paid.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (5000, True)
    payment = control.payment(paid.id)
    assert (payment["gross"], payment["net"]) == (0, -175)


@pytest.mark.parametrize("amount", [0, -1])
def test_refund_needs_a_positive_amount(client, amount):
    paid = pay(client)
    error = refused(client, payment_intent=paid.id, amount=amount)
    assert error.code == "parameter_invalid_integer"


def test_refund_in_a_currency_of_three_decimals_ends_in_zero(client):
    paid = pay(client, 10000, currency="kwd")
    error = refused(client, payment_intent=paid.id, amount=5)
    assert error.code == "parameter_invalid_integer"


def test_nothing_is_refunded_that_was_not_collected(client):
    waiting = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    assert "does not have a successful charge" in str(
        refused(client, payment_intent=waiting.id)
    )
    held = authorise(client)
    assert refused(client, payment_intent=held.id).code == "charge_not_refundable"
    assert refused(client).code == "parameter_missing"
    assert refused(client, payment_intent="pi_none").code == "resource_missing"
    both = {"payment_intent": held.id, "charge": held.latest_charge}
    assert "only pass one of" in str(refused(client, **both))


def test_refund_lists_filter_and_metadata_changes(client, control):
    first, second = pay(client), pay(client)
    made = client.v1.refunds.create({"payment_intent": first.id, "amount": 100})
    client.v1.refunds.create({"payment_intent": second.id, "amount": 100})
    for wanted in ({"payment_intent": first.id}, {"charge": first.latest_charge}):
        assert [each.id for each in client.v1.refunds.list(wanted).data] == [made.id]
    client.v1.refunds.update(made.id, {"metadata": {"a": "1"}})
    assert client.v1.refunds.retrieve(made.id).metadata["a"] == "1"
    assert [each["type"] for each in control.events("refund.*")][-1] == "refund.updated"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        client.v1.refunds.cancel(made.id)


def test_pending_refund_succeeds_later(client, control):
    paid = pay(client, card="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "pending"
    control.advance(DAY)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    kinds = [each["type"] for each in control.events("charge.refund.updated")]
    assert kinds == ["charge.refund.updated"]


def test_failing_refund_gives_the_money_back_to_the_balance(client, control):
    paid = pay(client, card="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    assert refund.status == "succeeded"
    control.advance(DAY)
    failed = client.v1.refunds.retrieve(refund.id)
    assert failed.status == "failed"
    assert failed.failure_reason == "expired_or_canceled_card"
    assert failed.failure_balance_transaction
    payment = control.payment(paid.id)
    assert (payment["refunded"], payment["net"]) == (0, 4825)
    assert client.v1.charges.retrieve(paid.latest_charge).refunded is False
    again = client.v1.refunds.create({"payment_intent": paid.id})
    assert again.amount == 5000


def test_refund_that_waits_for_the_payer_can_be_called_off(client, control):
    paid = pay(client, card="pm_card_pendingRefund")
    first, second = (
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
        for _ in range(2)
    )
    for refund in (first, second):
        waiting = control.require_refund_action(refund.id)
        assert waiting["status"] == "requires_action"
    control.advance(2 * DAY)
    assert client.v1.refunds.retrieve(first.id).status == "requires_action"
    canceled = client.v1.refunds.cancel(first.id)
    assert (canceled.status, canceled.failure_reason) == (
        "canceled",
        "merchant_request",
    )
    assert canceled.failure_balance_transaction
    assert control.payment(paid.id)["refunded"] == 100
    assert not control.events("refund.failed")
    assert control.cancel_refund(second.id)["status"] == "canceled"
    with pytest.raises(Exception, match="cannot be canceled"):
        control.cancel_refund(second.id)
    assert control.payment(paid.id)["refunded"] == 0


def test_refund_is_settled_by_the_control_api_too(client, control):
    paid = pay(client, card="pm_card_pendingRefund")
    first, second = (
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
        for _ in range(2)
    )
    assert control.succeed_refund(first.id)["status"] == "succeeded"
    assert control.fail_refund(second.id)["status"] == "failed"
    control.advance(DAY)
    assert client.v1.refunds.retrieve(second.id).status == "failed"


def test_dashboard_refund_and_capture_are_seen_by_the_api(client, control):
    held = authorise(client, 5000)
    control.dashboard_capture(held.id, 3000)
    control.dashboard_refund(held.id, amount=1000, reason="requested_by_customer")
    (refund,) = client.v1.refunds.list({"payment_intent": held.id}).data
    assert (refund.amount, refund.reason) == (1000, "requested_by_customer")
    assert control.payment(held.id)["gross"] == 2000
    event = control.events("refund.created")[-1]
    assert event["request"]["id"] is None


def test_warning_of_fraud_moves_no_money(client, control):
    paid = pay(client, 5000)
    warned = control.warn_of_fraud(paid.id)
    warning = client.v1.radar.early_fraud_warnings.retrieve(warned["id"])
    assert (warning.payment_intent, warning.actionable) == (paid.id, True)
    assert control.payment(paid.id)["gross"] == 5000
    (event,) = control.events("radar.early_fraud_warning.created")
    assert event["data"]["object"]["id"] == warning.id
    control.create_dispute(paid.id)
    assert control.warn_of_fraud(paid.id)["actionable"] is False


def test_dispute_takes_the_money_and_a_fee(client, control):
    paid = pay(client, 5000)
    dispute = control.create_dispute(paid.id, reason="product_not_received")
    assert (dispute["status"], dispute["amount"]) == ("needs_response", 5000)
    (booked,) = dispute["balance_transactions"]
    assert (booked["amount"], booked["fee"], booked["net"]) == (-5000, 1500, -6500)
    assert client.v1.charges.retrieve(paid.latest_charge).disputed is True
    assert control.payment(paid.id)["net"] == -1500 - 175
    assert refused(client, payment_intent=paid.id).code == "charge_disputed"
    assert [each["type"] for each in control.events("charge.dispute.*")] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_won_dispute_brings_the_money_back_but_not_the_fee(client, control):
    paid = pay(client, 5000)
    dispute = control.create_dispute(paid.id, amount=3000)
    control.win_dispute(dispute["id"])
    assert client.v1.disputes.retrieve(dispute["id"]).status == "won"
    payment = control.payment(paid.id)
    assert (payment["disputed"], payment["fees"]) == (0, 1500 + 175)
    assert [each["type"] for each in control.events("charge.dispute.*")][2:] == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    assert client.v1.refunds.create({"payment_intent": paid.id}).amount == 5000


def test_lost_dispute_stays_lost(client, control):
    paid = pay(client, 5000)
    dispute = control.create_dispute(paid.id)
    control.lose_dispute(dispute["id"])
    closed = control.events("charge.dispute.closed")[-1]
    assert closed["data"]["object"]["status"] == "lost"
    assert closed["data"]["previous_attributes"] == {"status": "needs_response"}
    with pytest.raises(Exception, match="already closed"):
        control.win_dispute(dispute["id"])
    assert control.payment(paid.id)["disputed"] == 5000


def test_disputed_card_opens_a_dispute_by_itself(client, control):
    paid = pay(client, card="pm_card_createDispute")
    (dispute,) = eventually(
        lambda: client.v1.disputes.list({"payment_intent": paid.id}).data
    )
    assert dispute.reason == "fraudulent"
    assert dispute.evidence_details.due_by > dispute.created


@pytest.mark.parametrize(
    ("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_evidence_decides_a_test_dispute(client, control, text, status):
    dispute = control.create_dispute(pay(client).id)
    draft = client.v1.disputes.update(
        dispute["id"], {"evidence": {"customer_name": "A"}, "submit": False}
    )
    assert (draft.status, draft.evidence_details.has_evidence) == (
        "needs_response",
        True,
    )
    sent = client.v1.disputes.update(
        dispute["id"], {"evidence": {"uncategorized_text": text}}
    )
    assert sent.status == "under_review"
    eventually(lambda: client.v1.disputes.retrieve(dispute["id"]).status == status)


def test_dispute_is_lost_when_accepted_or_forgotten(client, control):
    accepted = control.create_dispute(pay(client).id)
    forgotten = control.create_dispute(pay(client).id)
    assert client.v1.disputes.close(accepted["id"]).status == "lost"
    control.advance(10 * DAY)
    seen = client.v1.disputes.retrieve(forgotten["id"])
    assert (seen.status, seen.evidence_details.past_due) == ("lost", True)


def test_inquiry_takes_no_money(client, control):
    paid = pay(client, 5000)
    inquiry = control.create_dispute(paid.id, inquiry=True)
    assert inquiry["status"] == "warning_needs_response"
    assert control.payment(paid.id)["disputed"] == 0
    assert client.v1.disputes.close(inquiry["id"]).status == "warning_closed"


def test_ledger_adds_up_to_the_balance(client, control):
    one, two = pay(client, 5000), pay(client, 7000)
    client.v1.refunds.create({"payment_intent": one.id, "amount": 1500})
    control.create_dispute(two.id)
    ledger = control.ledger()
    booked = sum(each["net"] for each in ledger["balance_transactions"])
    assert ledger["totals"]["usd"]["net"] == booked
    balance = client.v1.balance.retrieve()
    amounts = [each.amount for each in (*balance.available, *balance.pending)]
    assert sum(amounts) == booked

"""Bank debits, which stay pending for days, and their mandates."""

import pytest
import stripe

from .kit import RETURN_URL

DAY = 24 * 3600
MANDATE = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "127.0.0.1", "user_agent": "test"},
    }
}


def debit(client, account="success", **params):
    """Pay with a US bank account."""
    return client.v1.payment_intents.create(
        {
            "amount": 5000,
            "currency": "usd",
            "payment_method": f"pm_usBankAccount_{account}",
            "allowed_payment_method_types": ["us_bank_account"],
            "confirm": True,
            "return_url": RETURN_URL,
            "mandate_data": MANDATE,
            **params,
        }
    )


def test_debit_is_processing_for_days_and_then_succeeds(client, control):
    made = debit(client)
    assert made.status == "processing"
    payment = control.payment(made.id)
    assert (payment["captured"], payment["processing"]) == (0, 5000)
    control.advance(DAY)
    assert client.v1.payment_intents.retrieve(made.id).status == "processing"
    control.advance(3 * DAY)
    done = client.v1.payment_intents.retrieve(made.id)
    assert (done.status, done.amount_received) == ("succeeded", 5000)
    assert done.latest_charge.startswith("py_")
    assert control.payment(made.id)["fees"] == 40
    assert [each["type"] for each in control.events()] == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("accountClosed", "has been closed"),
        ("noAccount", "could not be located"),
        ("insufficientFunds", "insufficient funds"),
        ("debitNotAuthorized", "unauthorized"),
    ],
)
def test_debit_fails_later_for_the_reason_of_its_account(
    client, control, account, message
):
    made = debit(client, account)
    control.advance(5 * DAY)
    seen = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert seen.status == "requires_payment_method"
    assert message in seen.last_payment_error.message
    assert (seen.latest_charge.status, seen.latest_charge.paid) == ("failed", False)
    assert control.payment(made.id)["net"] == 0


def test_control_api_ends_a_debit(client, control):
    stays = debit(client, "processing")
    control.advance(30 * DAY)
    assert client.v1.payment_intents.retrieve(stays.id).status == "processing"
    assert control.succeed_payment(stays.id)["status"] == "succeeded"
    fails = debit(client)
    failed = control.fail_payment(fails.id, "account_closed")
    assert failed["status"] == "requires_payment_method"
    control.advance(30 * DAY)
    assert control.payment(fails.id)["captured"] == 0


def test_processing_debit_can_be_neither_canceled_nor_refunded(client):
    made = debit(client)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.cancel(made.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": made.id})


def test_refund_of_a_debit_is_pending_first(client, control):
    made = debit(client)
    control.succeed_payment(made.id)
    refund = client.v1.refunds.create({"payment_intent": made.id})
    assert refund.status == "pending"
    control.advance(DAY)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_debit_needs_the_customers_agreement_once(client, control):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        debit(client, mandate_data="")
    assert caught.value.code == "payment_intent_mandate_invalid"
    customer = client.v1.customers.create({})
    first = debit(client, customer=customer.id, setup_future_usage="off_session")
    control.succeed_payment(first.id)
    charge = client.v1.charges.retrieve(first.latest_charge)
    mandate_id = charge.payment_method_details.us_bank_account.mandate
    mandate = client.v1.mandates.retrieve(mandate_id)
    assert (mandate.status, mandate.type) == ("active", "multi_use")
    again = client.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": first.payment_method,
            "allowed_payment_method_types": ["us_bank_account"],
            "confirm": True,
            "off_session": True,
            "return_url": RETURN_URL,
        }
    )
    assert again.status == "processing"


def test_saved_account_comes_from_a_setup_intent(client):
    customer = client.v1.customers.create({})
    made = client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_usBankAccount_success",
            "allowed_payment_method_types": ["us_bank_account"],
            "confirm": True,
            "mandate_data": MANDATE,
        }
    )
    assert (made.status, made.mandate[:8]) == ("succeeded", "mandate_")


def test_iban_of_a_real_bank_is_refused(browser):
    answer = browser(
        "POST",
        "payment_methods",
        {"type": "sepa_debit", "sepa_debit[iban]": "GB82WEST12345698765432"},
    )
    assert answer.json()["error"]["code"] == "invalid_iban"


def test_method_that_is_not_offered_is_refused(client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        debit(client, allowed_payment_method_types=["card"])
    assert caught.value.code == "payment_intent_incompatible_payment_method"

"""Payments: test cards, authentication, capture, cancellation."""

import pytest
import requests
import stripe

from stripe_emulator.api.behaviours import DECLINES
from stripe_emulator.api.card_table import TEST_CARDS

from .kit import CARD, RETURN_URL, BrowserApi, authorise, pay, save_card

DAY = 24 * 3600


def by_number(browser, number, **changes):
    """Send a card number as a browser does; return the answer."""
    card = {**CARD, "number": number, **changes}
    fields = {f"card[{name}]": value for name, value in card.items()}
    return browser("POST", "payment_methods", {"type": "card", **fields})


def declined(call, *args, **kwargs):
    """Return the error of a call that must be declined."""
    with pytest.raises(stripe.CardError) as caught:
        call(*args, **kwargs)
    return caught.value


def test_names_of_test_cards_are_unique_and_hide_the_number():
    names = [card.name for card in TEST_CARDS]
    assert len(set(names)) == len(names)
    assert not any(card.number in card.name for card in TEST_CARDS)
    assert {card.behaviour.decline for card in TEST_CARDS} <= {None, *DECLINES}


@pytest.mark.parametrize(
    "card",
    [card for card in TEST_CARDS if card.behaviour.decline is None],
    ids=lambda card: card.name,
)
def test_accepted_card_keeps_what_is_printed_on_it(browser, card):
    cvc = "1234" if card.brand == "amex" else "123"
    method = by_number(browser, card.number, cvc=cvc).json()
    seen = method["card"]
    assert (seen["brand"], seen["last4"]) == (card.brand, card.number[-4:])
    assert (seen["exp_month"], seen["exp_year"]) == (12, 2040)
    assert (seen["funding"], seen["country"]) == (card.funding, card.country)
    assert card.number not in str(method)


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
        ),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        (
            "pm_card_chargeDeclinedProcessingError",
            "processing_error",
            "processing_error",
        ),
        (
            "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
            "card_declined",
            "card_velocity_exceeded",
        ),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_declined_card_says_why(client, control, card, code, decline_code):
    error = declined(pay, client, card=card)
    assert (error.code, error.error.decline_code) == (code, decline_code)
    (payment,) = control.ledger()["payments"]
    assert (payment["status"], payment["net"]) == ("requires_payment_method", 0)
    charge = client.v1.charges.list().data[0]
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
    kept = client.v1.payment_intents.list().data[0]
    assert kept.last_payment_error.code == code
    assert kept.payment_method is None


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "card[number]"),
        ({"exp_month": "13"}, "invalid_expiry_month", "card[exp_month]"),
        ({"exp_year": "20"}, "invalid_expiry_year", "card[exp_year]"),
        ({"cvc": "12"}, "invalid_cvc", "card[cvc]"),
    ],
)
def test_wrong_card_details_are_refused(browser, changes, code, param):
    answer = by_number(browser, **({"number": CARD["number"]} | changes))
    error = answer.json()["error"]
    assert answer.status_code == 402
    assert (error["type"], error["code"]) == ("card_error", code)
    assert error["param"] == param


def test_number_that_is_no_test_number_is_refused_and_not_kept(browser, control):
    answer = by_number(browser, "4539578763621486")
    error = answer.json()["error"]
    assert error["decline_code"] == "test_mode_live_card"
    recorded = str(control.requests())
    assert "4539578763621486" not in recorded
    assert "card[number]=masked" in recorded


def test_same_number_has_the_same_fingerprint_within_an_account(
    browser, client, control, url
):
    first, second, other = (
        by_number(browser, number).json()["card"]["fingerprint"]
        for number in (CARD["number"], CARD["number"], "5555555555554444")
    )
    assert first == second != other
    control.add_account("other")
    foreign = BrowserApi(url, "pk_test_emulator_other")
    assert by_number(foreign, CARD["number"]).json()["card"]["fingerprint"] != first


def test_authentication_on_session_asks_and_then_pays(client, control):
    made = pay(client, card="pm_card_threeDSecure2Required")
    assert made.status == "requires_action"
    assert made.next_action.type == "redirect_to_url"
    assert made.latest_charge is None
    control.authenticate(made.id)
    paid = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert paid.status == "succeeded"
    details = paid.latest_charge.payment_method_details.card
    assert details.three_d_secure.result == "authenticated"


def test_failed_authentication_leaves_the_payment_open(client, control):
    made = pay(client, card="pm_card_threeDSecure2Required")
    control.authenticate(made.id, success=False)
    seen = client.v1.payment_intents.retrieve(made.id)
    assert seen.status == "requires_payment_method"
    assert seen.last_payment_error.code == "payment_intent_authentication_failure"
    again = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL}
    )
    assert again.status == "succeeded"


def test_authenticated_card_can_still_be_declined(client, control):
    made = pay(client, card="pm_card_threeDSecureRequiredChargeDeclined")
    control.authenticate(made.id)
    seen = client.v1.payment_intents.retrieve(made.id)
    assert seen.last_payment_error.code == "card_declined"


def test_bank_page_answers_for_a_redirect(client, url):
    made = pay(client, card="pm_card_threeDSecure2Required")
    page = requests.get(made.next_action.redirect_to_url.url, timeout=5)
    assert "3-D Secure" in page.text
    answer = requests.post(
        f"{url}/v3/authenticate",
        data={
            "client_secret": made.client_secret,
            "redirect": RETURN_URL,
            "outcome": "complete",
        },
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith(f"{RETURN_URL}?payment_intent={made.id}")
    assert "redirect_status=succeeded" in location


def test_receipt_can_be_looked_at(client):
    charge = client.v1.charges.retrieve(pay(client).latest_charge)
    assert "$50.00 usd" in requests.get(charge.receipt_url, timeout=5).text


def test_off_session_with_a_card_that_always_asks_is_declined(client):
    customer = client.v1.customers.create({})
    method = client.v1.payment_methods.attach(
        "pm_card_authenticationRequired", {"customer": customer.id}
    )
    error = declined(
        pay, client, customer=customer.id, card=method.id, off_session=True
    )
    assert (error.http_status, error.code) == (402, "authentication_required")
    assert error.error.decline_code == "authentication_required"
    assert error.error.payment_intent.status == "requires_payment_method"
    on_session = pay(client, customer=customer.id, card=method.id)
    assert on_session.status == "requires_action"


def test_card_that_was_set_up_pays_off_session(client, control):
    customer, method = save_card(client, "pm_card_authenticationRequiredOnSetup")
    given = {"customer": customer.id, "card": method.id, "off_session": True}
    assert declined(pay, client, **given).code == "authentication_required"
    setup = client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": method.id,
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )
    assert setup.status == "requires_action"
    control.authenticate_setup(setup.id)
    assert client.v1.setup_intents.retrieve(setup.id).status == "succeeded"
    assert pay(client, **given).status == "succeeded"


def test_error_on_requires_action_fails_instead_of_asking(client):
    error = declined(
        pay, client, card="pm_card_threeDSecure2Required", error_on_requires_action=True
    )
    assert error.code == "authentication_required"


def test_paying_with_setup_future_usage_saves_the_card(client):
    customer = client.v1.customers.create({})
    paid = pay(client, customer=customer.id, setup_future_usage="off_session")
    saved = client.v1.customers.payment_methods.list(customer.id).data
    assert [method.id for method in saved] == [paid.payment_method]


def test_card_without_a_customer_can_be_used_once(client):
    paid = pay(client)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(client, card=paid.payment_method)


def test_saved_card_belongs_to_its_customer(client):
    customer, method = save_card(client)
    with pytest.raises(stripe.InvalidRequestError, match="belongs to the Customer"):
        pay(client, card=method.id)
    stranger = client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError):
        pay(client, card=method.id, customer=stranger.id)
    assert pay(client, card=method.id, customer=customer.id).status == "succeeded"


def test_detached_card_is_gone_for_good(client):
    customer, method = save_card(client)
    client.v1.payment_methods.detach(method.id)
    assert client.v1.customers.payment_methods.list(customer.id).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        client.v1.payment_methods.detach(method.id)


def test_declined_card_cannot_be_saved_but_0341_can(client):
    customer = client.v1.customers.create({})
    error = declined(
        client.v1.payment_methods.attach,
        "pm_card_visa_chargeDeclined",
        {"customer": customer.id},
    )
    assert error.code == "card_declined"
    method = client.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    assert declined(pay, client, customer=customer.id, card=method.id).code == (
        "card_declined"
    )


def test_setup_intent_saves_a_card_and_names_a_decline(client, control):
    customer = client.v1.customers.create({})
    given = {"customer": customer.id, "confirm": True, "return_url": RETURN_URL}
    done = client.v1.setup_intents.create({**given, "payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert (
        client.v1.payment_methods.retrieve(done.payment_method).customer == customer.id
    )
    error = declined(
        client.v1.setup_intents.create,
        {**given, "payment_method": "pm_card_visa_chargeDeclined"},
    )
    assert error.error.setup_intent.status == "requires_payment_method"
    types = [event["type"] for event in control.events("setup_intent.*")]
    assert types == [
        "setup_intent.created",
        "setup_intent.succeeded",
        "setup_intent.created",
        "setup_intent.setup_failed",
    ]


def test_setup_intent_is_listed_updated_and_canceled(client):
    customer = client.v1.customers.create({})
    made = client.v1.setup_intents.create({"customer": customer.id})
    client.v1.setup_intents.update(made.id, {"metadata": {"a": "1"}})
    listed = client.v1.setup_intents.list({"customer": customer.id}).data
    assert [(each.id, each.metadata["a"]) for each in listed] == [(made.id, "1")]
    assert client.v1.setup_intents.cancel(made.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.setup_intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert caught.value.code == "setup_intent_unexpected_state"


def test_capture_in_full_and_in_part(client, control):
    full, part = authorise(client, 5000), authorise(client, 5000)
    assert (full.status, full.amount_capturable) == ("requires_capture", 5000)
    client.v1.payment_intents.capture(full.id)
    done = client.v1.payment_intents.capture(part.id, {"amount_to_capture": 3000})
    assert (done.status, done.amount_received, done.amount_capturable) == (
        "succeeded",
        3000,
        0,
    )
    assert [each["captured"] for each in control.ledger()["payments"]] == [5000, 3000]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(full.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_more_than_authorised_cannot_be_captured(client):
    made = authorise(client, 5000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(made.id, {"amount_to_capture": 5001})
    assert caught.value.code == "amount_too_large"
    assert client.v1.payment_intents.retrieve(made.id).status == "requires_capture"


def test_authorisation_expires_after_seven_days(client, control):
    made = authorise(client)
    control.advance(7 * DAY + 1)
    seen = client.v1.payment_intents.retrieve(made.id)
    assert (seen.status, seen.cancellation_reason) == ("canceled", "expired")
    for version in ("2019-05-16", "2024-06-20"):
        (old,) = control.objects("payment_intent", version=version)
        assert old["cancellation_reason"] == "automatic"
    assert control.payment(made.id)["captured"] == 0


def test_cancel_works_only_before_the_money_moved(client):
    made = client.v1.payment_intents.create({"amount": 5000, "currency": "usd"})
    done = client.v1.payment_intents.cancel(
        made.id, {"cancellation_reason": "abandoned"}
    )
    assert (done.status, done.cancellation_reason) == ("canceled", "abandoned")
    assert done.canceled_at
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.cancel(pay(client).id)
    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.status == "succeeded"


def test_paid_intent_cannot_be_confirmed_again(client):
    made = pay(client)
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded"):
        client.v1.payment_intents.confirm(made.id)


def test_update_changes_what_its_status_allows(client):
    made = client.v1.payment_intents.create({"amount": 5000, "currency": "usd"})
    changed = client.v1.payment_intents.update(
        made.id, {"amount": 6000, "metadata": {"a": "1", "b": "2"}}
    )
    assert changed.amount == 6000
    changed = client.v1.payment_intents.update(made.id, {"metadata": {"a": ""}})
    assert changed.metadata.to_dict() == {"b": "2"}
    changed = client.v1.payment_intents.update(made.id, {"metadata": {"_own": "x"}})
    assert changed.metadata["_own"] == "x"
    paid = pay(client)
    client.v1.payment_intents.update(paid.id, {"description": "later"})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.update(paid.id, {"amount": 1})


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (50, "usd", None),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (50, "JPY", None),
        (10005, "kwd", "parameter_invalid_integer"),
        (10010, "kwd", None),
        (550, "isk", "parameter_invalid_integer"),
        (500, "isk", None),
        (150, "ugx", "parameter_invalid_integer"),
        (17500, "huf", None),
        (0, "usd", "parameter_invalid_integer"),
        (-5, "usd", "parameter_invalid_integer"),
        (100_000_000, "usd", "amount_too_large"),
    ],
)
def test_amounts_follow_the_currency(client, amount, currency, code):
    given = {"amount": amount, "currency": currency}
    if code is None:
        made = client.v1.payment_intents.create(given)
        assert made.currency == currency.lower()
        return
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(given)
    assert (caught.value.code, caught.value.param) == (code, "amount")


def test_unknown_currency_is_refused(client):
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency: xxx"):
        client.v1.payment_intents.create({"amount": 500, "currency": "xxx"})


def test_asynchronous_capture_shows_the_balance_transaction_later(client, control):
    control.freeze()
    made = pay(client)
    assert made.capture_method == "automatic_async"
    charge = client.v1.charges.retrieve(made.latest_charge)
    assert charge.balance_transaction is None
    control.advance(1)
    charge = client.v1.charges.retrieve(made.latest_charge)
    booked = client.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (booked.amount, booked.fee, booked.net) == (5000, 175, 4825)
    assert [each["type"] for each in control.events("charge.*")] == [
        "charge.succeeded",
        "charge.updated",
    ]


def test_money_becomes_available_after_two_days(client, control):
    pay(client, capture_method="automatic")
    pay(client, card="pm_card_bypassPending", capture_method="automatic")
    transactions = client.v1.balance_transactions.list().data
    assert [each.status for each in transactions] == ["available", "pending"]
    control.advance(2 * DAY)
    transactions = client.v1.balance_transactions.list().data
    assert {each.status for each in transactions} == {"available"}
    assert client.v1.balance.retrieve().available[0].amount == 2 * 4825


def test_customers_live_and_die(client):
    made = client.v1.customers.create(
        {
            "name": "Ada",
            "email": "ada@example.com",
            "address": {"line1": "1 Road", "country": "GB"},
            "metadata": {"ref": "7"},
            "payment_method": "pm_card_visa",
        }
    )
    (method,) = client.v1.customers.payment_methods.list(made.id).data
    changed = client.v1.customers.update(
        made.id,
        {"name": "Ada L", "invoice_settings": {"default_payment_method": method.id}},
    )
    assert changed.invoice_settings.default_payment_method == method.id
    found = client.v1.customers.list({"email": "ada@example.com"}).data
    assert [each.id for each in found] == [made.id]
    assert client.v1.customers.delete(made.id).deleted is True
    assert client.v1.customers.retrieve(made.id).deleted is True
    assert client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        pay(client, customer=made.id)
    assert client.v1.payment_methods.retrieve(method.id).customer is None


def test_payment_method_is_updated_only_when_saved(client):
    _customer, method = save_card(client)
    changed = client.v1.payment_methods.update(
        method.id, {"card": {"exp_year": 2045}, "billing_details": {"name": "Ada"}}
    )
    assert (changed.card.exp_year, changed.billing_details.name) == (2045, "Ada")
    loose = client.v1.payment_methods.create(
        {"type": "card", "card": {"token": "tok_visa"}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="save this PaymentMethod"):
        client.v1.payment_methods.update(loose.id, {"metadata": {"a": "1"}})


def test_token_is_used_once(browser, client):
    token = browser("POST", "tokens", {f"card[{k}]": v for k, v in CARD.items()}).json()
    assert token["card"]["last4"] == "4242"
    given = {"type": "card", "card": {"token": token["id"]}}
    client.v1.payment_methods.create(given)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create(given)
    assert caught.value.code == "token_already_used"

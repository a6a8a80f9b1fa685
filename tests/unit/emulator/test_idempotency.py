"""Idempotency keys."""

import threading

import pytest
import stripe

from .kit import RETURN_URL, make_client

DAY = 24 * 3600
GIVEN = {"amount": "500", "currency": "usd"}


def create(http, key="key-1", path="payment_intents", **changes):
    """Create an intent with an idempotency key."""
    return http("POST", path, GIVEN | changes, Idempotency_Key=key)


def test_same_request_gets_the_stored_answer(http, control):
    first, second = create(http), create(http)
    assert second.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Request-Id"] != first.headers["Request-Id"]
    assert len(control.objects("payment_intent")) == 1
    assert [each["replayed"] for each in control.requests()] == [False, True]


def test_order_and_encoding_of_parameters_do_not_matter(http):
    first = http(
        "POST",
        "customers",
        "name=A&email=b%40c.d",
        Idempotency_Key="k",
        Content_Type="application/x-www-form-urlencoded",
    )
    second = http(
        "POST",
        "customers",
        "email=b@c.d&name=A",
        Idempotency_Key="k",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert first.json()["id"] == second.json()["id"]


def test_other_parameters_or_path_are_an_idempotency_error(http, url):
    create(http)
    other = create(http, amount="600")
    assert other.status_code == 400
    error = other.json()["error"]
    assert error["type"] == "idempotency_error"
    assert "same parameters" in error["message"]
    elsewhere = http("POST", "customers", {}, Idempotency_Key="key-1")
    assert "('/v1/customers' vs '/v1/payment_intents')" in elsewhere.text
    client = make_client(url)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({}, {"idempotency_key": "key-1"})


def test_keys_belong_to_one_account_and_mode(http, control, url):
    control.add_account("other")
    first = create(http).json()["id"]
    for key in ("sk_test_emulator_other", "sk_live_emulator_default"):
        client = make_client(url, key=key)
        made = client.v1.payment_intents.create(
            {"amount": 500, "currency": "usd"}, {"idempotency_key": "key-1"}
        )
        assert made.id != first


def test_second_request_meets_the_first_still_running(http, control):
    fault = control.fault("pause_before", "POST", "/v1/payment_intents", count=1)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(create(http)))
    thread.start()
    control.wait_held(fault["id"])
    meanwhile = create(http)
    assert meanwhile.status_code == 409
    assert meanwhile.json()["error"]["code"] == "idempotency_key_in_use"
    control.release(fault["id"])
    thread.join(5)
    assert create(http).json() == answers[0].json()


def test_decline_is_stored(http, control):
    declined = {
        "payment_method": "pm_card_visa_chargeDeclined",
        "confirm": "true",
        "return_url": RETURN_URL,
    }
    first, second = create(http, **declined), create(http, **declined)
    assert (first.status_code, second.status_code) == (402, 402)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(control.objects("payment_intent")) == 1


def test_refused_parameters_are_not_stored(http):
    assert create(http, foo="1").status_code == 400
    assert create(http).status_code == 200


def test_rate_limit_is_not_stored_but_an_error_after_the_effect_is(http, control):
    control.fault("rate_limit", "POST", "/v1/payment_intents", count=1)
    assert create(http).status_code == 429
    assert create(http).status_code == 200
    control.fault("error_after", "POST", "/v1/payment_intents", count=1)
    assert create(http, "key-2").status_code == 500
    again = create(http, "key-2")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert len(control.objects("payment_intent")) == 2


def test_error_before_the_effect_leaves_the_key_free(http, control):
    control.fault("error_before", "POST", "/v1/payment_intents", count=1)
    assert create(http).status_code == 500
    assert create(http).status_code == 200
    assert len(control.objects("payment_intent")) == 1


def test_key_is_forgotten_after_a_day(http, control):
    first = create(http).json()["id"]
    control.advance(DAY - 10)
    assert create(http).json()["id"] == first
    control.advance(20)
    assert create(http).json()["id"] != first


def test_key_is_ignored_for_reading(http):
    for _ in range(2):
        answer = http("GET", "customers", Idempotency_Key="key-1")
        assert "Idempotent-Replayed" not in answer.headers
    assert create(http).status_code == 200


def test_key_longer_than_255_characters_is_refused(http):
    assert create(http, "k" * 256).status_code == 400


def test_sdk_recovers_from_a_lost_answer_by_itself(url, control):
    client = make_client(url, retries=2)
    control.fault("lost_answer", "POST", "/v1/payment_intents", count=1)
    made = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    (known,) = control.objects("payment_intent")
    assert known["id"] == made.id
    assert [each["status"] for each in control.requests()] == [None, 200]

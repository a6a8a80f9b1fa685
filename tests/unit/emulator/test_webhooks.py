"""Events and their delivery."""

import json
import time

import pytest
import requests
import stripe

from .kit import Receiver, authorise, eventually, pay

CORE_EVENTS = [
    "payment_intent.processing",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "setup_intent.succeeded",
    "charge.refunded",
    "charge.refund.updated",
]


def listen(client, receiver, events=("*",), version=None):
    """Create an endpoint at the receiver."""
    given = {"url": receiver.url, "enabled_events": list(events)}
    if version:
        given["api_version"] = version
    return client.v1.webhook_endpoints.create(given)


def types_after(control, action):
    """Return the types of the events that an action causes."""
    before = len(control.events())
    action()
    return [each["type"] for each in control.events()[before:]]


def test_signature_is_accepted_by_the_sdk(client, receiver):
    endpoint = listen(client, receiver)
    paid = pay(client, metadata={"name": "Zoë"})
    got = receiver.wait("payment_intent.succeeded")
    event = stripe.Webhook.construct_event(got.body, got.signature, endpoint.secret)
    assert event.data.object.id == paid.id
    assert event.data.object.metadata["name"] == "Zoë"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body + b" ", got.signature, endpoint.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body, got.signature, "whsec_other")


def test_event_has_all_that_stripe_sends(client, receiver, control):
    listen(client, receiver)
    client.v1.customers.create({"name": "A"}, {"idempotency_key": "abc"})
    event = receiver.wait("customer.created").event
    assert event["object"] == "event"
    assert event["id"].startswith("evt_")
    assert event["livemode"] is False
    assert event["request"]["idempotency_key"] == "abc"
    assert event["request"]["id"] == control.requests()[-1]["id"]
    assert event["pending_webhooks"] == 1
    assert abs(event["created"] - time.time()) < 5
    assert not any(key.startswith("_") for key in event)


def test_flows_cause_the_events_that_stripe_documents(client, control):
    # What Stripe tells of a charge a second later would come in between.
    control.freeze()
    assert types_after(control, lambda: pay(client)) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    with pytest.raises(stripe.CardError):
        pay(client, card="pm_card_visa_chargeDeclined")
    assert [each["type"] for each in control.events()[-3:]] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    held = authorise(client)
    assert control.events()[-1]["type"] == "payment_intent.amount_capturable_updated"
    capture = client.v1.payment_intents.capture
    assert types_after(control, lambda: capture(held.id)) == [
        "charge.captured",
        "payment_intent.succeeded",
    ]
    refund = client.v1.refunds.create
    assert types_after(control, lambda: refund({"payment_intent": held.id})) == [
        "charge.refunded",
        "refund.created",
    ]
    waiting = pay(client, card="pm_card_threeDSecure2Required")
    assert control.events()[-1]["type"] == "payment_intent.requires_action"
    cancel = client.v1.payment_intents.cancel
    assert types_after(control, lambda: cancel(waiting.id)) == [
        "payment_intent.canceled"
    ]


def test_saved_cards_and_customers_have_events(client, control):
    customer = client.v1.customers.create({})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.v1.payment_methods.update(method.id, {"metadata": {"a": "1"}})
    client.v1.payment_methods.detach(method.id)
    client.v1.customers.update(customer.id, {"name": "B"})
    client.v1.customers.delete(customer.id)
    events = control.events()
    assert [each["type"] for each in events] == [
        "customer.created",
        "payment_method.attached",
        "payment_method.updated",
        "payment_method.detached",
        "customer.updated",
        "customer.deleted",
    ]
    assert events[3]["data"]["previous_attributes"] == {"customer": customer.id}
    assert events[4]["data"]["previous_attributes"] == {"name": None}


def test_event_shows_the_past_and_not_the_present(client):
    paid = pay(client)
    client.v1.refunds.create({"payment_intent": paid.id})
    (event,) = client.v1.events.list({"type": "charge.succeeded"}).data
    assert event.data.object.amount_refunded == 0


def test_endpoint_gets_events_in_its_own_version(client, control):
    with Receiver() as old, Receiver() as new:
        listen(client, old, version="2019-05-16")
        listen(client, new)
        paid = pay(client, capture_method="automatic")
        before = old.wait("payment_intent.succeeded").event
        after = new.wait("payment_intent.succeeded").event
    assert before["api_version"] == "2019-05-16"
    assert before["data"]["object"]["charges"]["data"][0]["id"] == paid.latest_charge
    assert after["api_version"] == stripe.api_version
    assert "charges" not in after["data"]["object"]


def test_endpoint_gets_only_the_types_it_asked_for(client, receiver, control):
    listen(client, receiver, CORE_EVENTS, "2019-05-16")
    paid = pay(client)
    client.v1.refunds.create({"payment_intent": paid.id})
    receiver.wait("charge.refunded")
    assert control.wait_delivered()
    assert receiver.types == ["payment_intent.succeeded", "charge.refunded"]


def test_refund_events_exist_for_newer_versions_only(client):
    with Receiver() as old, Receiver() as new:
        listen(client, old, version="2019-05-16")
        listen(client, new)
        client.v1.refunds.create({"payment_intent": pay(client).id})
        new.wait("refund.created")
        old.wait("charge.refunded")
    assert "refund.created" not in old.types


def test_endpoints_are_managed_and_show_their_secret_once(client, receiver, control):
    endpoint = listen(client, receiver, ["charge.refunded"])
    assert endpoint.secret.startswith("whsec_")
    known = client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
    assert "secret" not in known
    assert "secret" not in client.v1.webhook_endpoints.list().data[0].to_dict()
    changed = client.v1.webhook_endpoints.update(
        endpoint.id, {"enabled_events": ["*"], "disabled": True}
    )
    assert (changed.status, changed.enabled_events) == ("disabled", ["*"])
    pay(client)
    assert control.deliveries() == []
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    pay(client)
    receiver.wait("payment_intent.succeeded")
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook_endpoint"):
        client.v1.webhook_endpoints.retrieve(endpoint.id)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "ftp://x.example", "enabled_events": ["*"]},
        {"url": "http://x.example:99999/", "enabled_events": ["*"]},
        {"url": "http://[::1/", "enabled_events": ["*"]},
        {"url": "https://x.example", "enabled_events": ["charge.exploded"]},
        {"url": "https://x.example"},
        {"url": "https://x.example", "enabled_events": ["*"], "api_version": "2019-1"},
    ],
)
def test_wrong_endpoints_are_refused(client, given):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.webhook_endpoints.create(given)


def test_failed_delivery_is_repeated_with_back_off(client, receiver, control):
    control.delivery_settings(backoff=[0.05, 0.1, 0.2])
    receiver.status = lambda count: 200 if count == 3 else 503
    listen(client, receiver, ["customer.created"])
    client.v1.customers.create({})
    assert control.wait_delivered(retries=True)
    (delivery,) = control.deliveries()
    assert delivery["state"] == "delivered"
    assert [each["status"] for each in delivery["attempts"]] == [503, 503, 200]
    gaps = [
        later["at"] - earlier["at"]
        for earlier, later in zip(
            delivery["attempts"], delivery["attempts"][1:], strict=False
        )
    ]
    assert gaps[0] >= 0.05
    assert gaps[1] >= 0.1
    assert len({each.body for each in receiver.received}) == 1
    assert client.v1.events.list().data[0].pending_webhooks == 0


def test_delivery_fails_for_good_when_nobody_ever_answers_well(
    client, receiver, control
):
    control.delivery_settings(backoff=[0.01])
    receiver.status = 500
    listen(client, receiver, ["customer.created"])
    client.v1.customers.create({})
    assert control.wait_delivered(retries=True)
    assert [each["state"] for each in control.deliveries()] == ["failed"]
    assert client.v1.events.list({"delivery_success": False}).data[0].pending_webhooks


def test_redirect_and_silence_are_failures(client, receiver, control):
    control.delivery_settings(backoff=[0.01], timeout=0.1)
    receiver.status = lambda count: 302 if count == 1 else 200
    receiver.headers = {"Location": receiver.url}
    listen(client, receiver, ["customer.created"])
    client.v1.customers.create({})
    control.wait_delivered(retries=True)
    attempts = control.deliveries()[0]["attempts"]
    assert [each["status"] for each in attempts] == [302, 200]
    receiver.delay = 0.3
    client.v1.customers.create({})
    control.wait_delivered(retries=True)
    delivery = control.deliveries()[1]
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("failed", None)


def test_endpoint_that_is_down_gets_everything_when_it_is_back(client, control):
    control.delivery_settings(backoff=[0.1] * 50)
    with Receiver() as receiver:
        listen(client, receiver, ["customer.created"])
    client.v1.customers.create({})
    time.sleep(0.25)
    assert control.deliveries()[0]["state"] == "retrying"
    with Receiver(receiver.port) as back:
        back.wait("customer.created")


def test_endpoint_that_hangs_does_not_delay_another(client, receiver):
    with Receiver() as slow:
        slow.delay = 2
        listen(client, slow)
        listen(client, receiver)
        started = time.monotonic()
        pay(client)
        receiver.wait("payment_intent.succeeded")
        assert time.monotonic() - started < 1.9


def test_answers_do_not_wait_for_deliveries(client, receiver):
    receiver.delay = 1
    listen(client, receiver)
    started = time.monotonic()
    pay(client)
    assert time.monotonic() - started < 0.9


def test_rolled_secret_signs_beside_the_old_one_for_a_while(client, receiver, control):
    endpoint = listen(client, receiver, ["customer.created"])
    new = control.roll_secret(endpoint.id, expires_in=3600)
    client.v1.customers.create({})
    got = receiver.wait("customer.created")
    assert got.signature.count("v1=") == 2
    for secret in (new, endpoint.secret):
        stripe.Webhook.construct_event(got.body, got.signature, secret)
    control.advance(3601)
    client.v1.customers.create({})
    got = eventually(lambda: receiver.received[1:])[0]
    stripe.Webhook.construct_event(got.body, got.signature, new)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body, got.signature, endpoint.secret)


def test_deliveries_are_held_and_released_in_any_order(client, receiver, control):
    listen(client, receiver, ["customer.created"])
    control.delivery_rule("hold")
    names = [str(number) for number in range(5)]
    for name in names:
        client.v1.customers.create({"name": name})
    assert receiver.received == []
    control.clear_delivery_rules()
    control.release_deliveries("reverse")
    eventually(lambda: len(receiver.received) == 5)
    arrived = [each.event["data"]["object"]["name"] for each in receiver.received]
    assert arrived == names[::-1]


def test_deliveries_are_dropped_repeated_and_resent(client, receiver, control):
    listen(client, receiver, ["customer.created"])
    control.delivery_rule("drop", count=1)
    control.delivery_rule("repeat", times=3, count=1)
    client.v1.customers.create({"name": "dropped"})
    client.v1.customers.create({"name": "repeated"})
    client.v1.customers.create({"name": "plain"})
    assert control.wait_delivered()
    names = [each.event["data"]["object"]["name"] for each in receiver.received]
    assert names == ["repeated"] * 3 + ["plain"]
    dropped = control.events("customer.created")[0]
    control.resend(dropped["id"], times=2)
    eventually(lambda: len(receiver.received) == 6)
    assert receiver.received[-1].event["id"] == dropped["id"]


def test_delivery_is_late_on_the_emulated_clock(client, receiver, control):
    listen(client, receiver, ["customer.created"])
    control.delivery_rule("delay", seconds=24 * 3600)
    client.v1.customers.create({})
    time.sleep(0.3)
    assert receiver.received == []
    control.advance(24 * 3600 + 1)
    got = receiver.wait("customer.created")
    timestamp = int(got.signature.partition(",")[0].removeprefix("t="))
    assert abs(timestamp - time.time()) < 5


def test_forged_signature_and_lost_acknowledgement(client, receiver, control):
    control.delivery_settings(backoff=[0.01, 0.01])
    endpoint = listen(client, receiver, ["customer.created"])
    rule = control.delivery_rule("forge", count=1)
    client.v1.customers.create({})
    got = receiver.wait("customer.created")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body, got.signature, endpoint.secret)
    control.remove_delivery_rule(rule["id"])
    control.delivery_rule("lose_answer", types=["customer.*"])
    client.v1.customers.create({})
    assert control.wait_delivered(retries=True)
    assert [each["state"] for each in control.deliveries()] == ["delivered"] * 2
    assert len(receiver.received) == 3


def test_rules_match_by_type_endpoint_and_object(client, receiver, control):
    endpoint = listen(client, receiver)
    customer = client.v1.customers.create({})
    control.delivery_rule("drop", types=["charge.*"])
    control.delivery_rule("drop", object_id=customer.id, endpoint=endpoint.id)
    client.v1.customers.update(customer.id, {"name": "x"})
    pay(client)
    receiver.wait("payment_intent.succeeded")
    assert control.wait_delivered()
    assert set(receiver.types) == {
        "customer.created",
        "payment_intent.created",
        "payment_intent.succeeded",
    }
    assert [each["hits"] for each in control.delivery_rules()] == [1, 1]


def test_payload_is_signed_for_tests_that_deliver_themselves(client, receiver, control):
    endpoint = listen(client, receiver, ["customer.created"])
    client.v1.customers.create({})
    event = control.events()[0]
    payload = control.payload(event["id"], endpoint.id)
    known = stripe.Webhook.construct_event(
        payload["body"], payload["signature"], endpoint.secret
    )
    assert known.id == event["id"]


def test_event_of_another_application_can_be_sent(client, receiver, control):
    listen(client, receiver)
    control.emit("invoice.paid", {"id": "in_1", "object": "invoice"})
    event = receiver.wait("invoice.paid").event
    assert event["data"]["object"] == {"id": "in_1", "object": "invoice"}


def test_events_are_listed_by_type(client, http):
    pay(client)
    client.v1.customers.create({})
    kinds = ["customer.created", "charge.succeeded"]
    found = client.v1.events.list({"types": kinds}).data
    assert [each.type for each in found] == kinds
    assert http("GET", "events", {"type": "charge.*"}).json()["data"][0]["type"] == (
        "charge.succeeded"
    )
    event = client.v1.events.retrieve(found[0].id)
    assert event.type == "customer.created"


def test_body_is_json_in_utf8_as_stripe_sends_it(client, receiver):
    listen(client, receiver, ["customer.created"])
    client.v1.customers.create({"name": "Ł"})
    body = receiver.wait("customer.created").body
    assert "Ł".encode() in body
    assert body.startswith(b'{\n  "id": "evt_')
    assert json.loads(body)["type"] == "customer.created"


def test_many_deliveries_at_once_when_asked(client, receiver, control):
    control.delivery_settings(concurrency=5)
    receiver.delay = 0.3
    listen(client, receiver, ["customer.created"])
    started = time.monotonic()
    for _ in range(5):
        client.v1.customers.create({})
    assert control.wait_delivered()
    assert time.monotonic() - started < 1.2


def test_control_api_answers_wrong_input_with_a_reason(url, control):
    with pytest.raises(Exception, match="Unknown action"):
        control.delivery_rule("explode")
    with pytest.raises(Exception, match="`order`"):
        control.release_deliveries("sideways")
    assert requests.get(f"{url}/_emulator/nothing", timeout=5).status_code == 404

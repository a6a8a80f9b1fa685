"""What the gateway asks of Stripe, over HTTP, judged by the SDK's own types.

The emulator that answers checks requests too; the judge here shares no code with it.
"""

import importlib
import types
import typing

import pytest
import stripe
from stripe._request_options import RequestOptions
from typing_extensions import NotRequired, Required, get_type_hints, is_typeddict

from clinic_stripe_gateway import const
from clinic_stripe_gateway.adapter import (
    Declined,
    NotAllowed,
    OutcomeUnknown,
    Rejected,
    StripeGateway,
    TryLater,
    gateway_for,
)

SECRET_KEY = "sk_test_emulator_default"
PUBLISHABLE_KEY = "pk_test_emulator_default"
CORE_VERSION = "2019-05-16"
PARAMS_BY_REQUEST = {
    ("GET", "account"): "AccountRetrieveCurrentParams",
    ("DELETE", "webhook_endpoints/*"): "WebhookEndpointDeleteParams",
    ("GET", "charges"): "ChargeListParams",
    ("GET", "customers/*"): "CustomerRetrieveParams",
    ("GET", "disputes"): "DisputeListParams",
    ("GET", "payment_intents/*"): "PaymentIntentRetrieveParams",
    ("GET", "payment_methods/*"): "PaymentMethodRetrieveParams",
    ("GET", "refunds"): "RefundListParams",
    ("GET", "refunds/*"): "RefundRetrieveParams",
    ("GET", "setup_intents/*"): "SetupIntentRetrieveParams",
    ("GET", "webhook_endpoints"): "WebhookEndpointListParams",
    ("POST", "customers"): "CustomerCreateParams",
    ("POST", "payment_intents/*/cancel"): "PaymentIntentCancelParams",
    ("POST", "payment_methods/*/detach"): "PaymentMethodDetachParams",
    ("POST", "setup_intents"): "SetupIntentCreateParams",
    ("POST", "setup_intents/*/cancel"): "SetupIntentCancelParams",
    ("POST", "webhook_endpoints/*"): "WebhookEndpointUpdateParams",
}


def fits(value, hint):
    """Whether the SDK's type allows this value, which came as text or a hash."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (NotRequired, Required):
        return fits(value, arguments[0])
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(fits(v, arguments[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(each, arguments[1]) for each in value.values()
        )
    if is_typeddict(hint):
        return isinstance(value, dict) and not complaints(hint, value)
    patterns = {int: str.isdecimal, bool: {"true", "false"}.__contains__}
    return isinstance(value, str) and patterns.get(hint, lambda text: hint is str)(
        value
    )


def complaints(params_class, params):
    """Return what is wrong with parameters, by the SDK's own TypedDict."""
    module = importlib.import_module(params_class.__module__)
    # Imported for type checkers only, so that the SDK's own module lacks it.
    names = {"StripeContext": object, **vars(typing), **vars(module)}
    hints = get_type_hints(params_class, globalns=names, include_extras=True)
    # Options of the request, such as its version, are no parameters.
    own = {name: hints[name] for name in hints if name not in OPTIONS}
    wrong = [name for name in params if name not in own]
    wrong += [
        name
        for name, value in params.items()
        if name in own and not fits(value, own[name])
    ]
    return wrong + [
        name for name in params_class.__required_keys__ if name not in params
    ]


OPTIONS = set(RequestOptions.__annotations__)


IDS = ("cus_", "pi_", "pm_", "re_", "seti_", "we_")


def params_class_of(record):
    path = record["path"].removeprefix("/v1/")
    name = "/".join("*" if word.startswith(IDS) else word for word in path.split("/"))
    module = importlib.import_module("stripe.params")
    return getattr(module, PARAMS_BY_REQUEST[record["method"], name])


def pay(gateway, **extra):
    """Make a payment the way Core asks for it."""
    payload = {
        "amount": 5000,
        "currency": "usd",
        "description": "c4ca4238a0b92382",
        "payment_method_types[]": "card",
        **extra,
    }
    return gateway.send("POST", "payment_intents", payload, api_version=CORE_VERSION)


def do_everything(gateway, control):
    """Call every operation that builds requests of its own; return what was sent."""
    open_one, paid = (
        pay(gateway),
        pay(gateway, confirm=True, payment_method="pm_card_visa"),
    )
    control.clear_requests()
    gateway.get_account_id()
    gateway.check_keys(PUBLISHABLE_KEY)
    customer = gateway.create_customer("8f14e45f", idempotency_key="customer")
    gateway.knows_customer(customer)
    gateway.close_intent(open_one["id"], idempotency_key="close")
    gateway.close_intent(paid["id"], idempotency_key="close-paid")
    gateway.is_attached("pm_of_nobody", customer)
    gateway.detach("pm_of_nobody", idempotency_key="detach")
    list_everything(gateway, paid["id"])
    mend_endpoint(gateway, control)
    return control.requests()


def list_everything(gateway, intent_id):
    """Read the books, as the ledger check does."""
    for name in ("list_charges", "list_refunds", "list_disputes"):
        getattr(gateway, name)(1, 2_000_000_000)
    gateway.find_charges(intent_id)
    gateway.find_refund("re_of_nobody")


def mend_endpoint(gateway, control):
    """Repair and delete an endpoint that somebody has made."""
    control.add_endpoint("http://127.0.0.1:9/webhook", ["payout.paid"])
    (endpoint,) = gateway.list_endpoints()
    gateway.repair_endpoint(endpoint, ["charge.refunded"], idempotency_key="repair")
    gateway.delete_endpoint(endpoint.id)


def test_every_operation_is_tried():
    operations = {name for name in vars(StripeGateway) if not name.startswith("_")}
    assert operations == {
        "check_keys",
        "close_intent",
        "create_customer",
        "get_account_id",
        "knows_customer",
        "send",
    }


def test_every_request_is_valid_for_the_types_of_the_sdk(gateway, control):
    requests = do_everything(gateway, control)
    assert {params_class_of(each).__name__ for each in requests} == set(
        PARAMS_BY_REQUEST.values()
    )
    for record in requests:
        assert not complaints(params_class_of(record), record["params"]), record


@pytest.mark.parametrize(
    ("params_class", "params", "wrong"),
    [
        ("CustomerCreateParams", {"nickname": "Lisa"}, ["nickname"]),
        ("CustomerCreateParams", {"metadata": {"a": ["b"]}}, ["metadata"]),
        ("CustomerCreateParams", {"balance": "much"}, ["balance"]),
        ("SetupIntentCreateParams", {"confirm": "maybe"}, ["confirm"]),
        (
            "SetupIntentCreateParams",
            {"payment_method_types": ["card"]},
            ["payment_method_types"],
        ),
        ("PaymentIntentCreateParams", {"amount": "1"}, ["currency"]),
        (
            "PaymentIntentCreateParams",
            {"amount": "1", "currency": "usd", "shipping": {"street": "Here"}},
            ["shipping"],
        ),
        ("PaymentIntentCancelParams", {"expand": "charges"}, ["expand"]),
    ],
)
def test_the_judge_refuses_what_the_sdk_does_not_know(params_class, params, wrong):
    found = complaints(getattr(stripe.params, params_class), params)
    assert found == wrong


def test_the_types_are_those_of_the_version_that_we_write_for():
    assert stripe.api_version == const.API_VERSION


def test_each_request_goes_out_with_the_version_that_it_was_written_for(
    gateway, control
):
    assert {each["version"] for each in do_everything(gateway, control)} == {
        const.API_VERSION
    }
    control.clear_requests()
    intent = pay(gateway)
    gateway.send(
        "GET", f"payment_intents/{intent['id']}", None, api_version=CORE_VERSION
    )
    assert [each["version"] for each in control.requests()] == [CORE_VERSION] * 2


def test_the_answer_to_core_is_a_plain_dictionary_in_core_version(gateway):
    intent = pay(gateway, confirm=True, payment_method="pm_card_visa")
    assert isinstance(intent, dict)
    assert intent["charges"]["data"][0]["amount"] == 5000


def test_every_request_that_writes_can_be_repeated_without_harm(gateway, control):
    for record in do_everything(gateway, control):
        assert bool(record["idempotency_key"]) == (record["method"] == "POST")


def test_a_request_says_nothing_about_this_machine(gateway, control):
    pay(gateway)
    for record in do_everything(gateway, control):
        assert "x-stripe-client-telemetry" not in record["headers"]


def test_the_same_key_finds_the_same_customer(gateway):
    first = gateway.create_customer("8f14e45f", idempotency_key="one")
    assert gateway.create_customer("8f14e45f", idempotency_key="one") == first
    assert gateway.create_customer("8f14e45f", idempotency_key="two") != first


def test_a_customer_is_known_until_it_is_deleted(gateway, url):
    customer = gateway.create_customer("8f14e45f", idempotency_key="one")
    assert gateway.knows_customer(customer)
    office = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
    office.v1.customers.delete(customer)
    assert not gateway.knows_customer(customer)
    assert not gateway.knows_customer("cus_of_another_account")


def test_whether_a_customer_is_known_is_not_guessed(gateway, control):
    control.fault("error_before", path="/v1/customers/*")
    with pytest.raises(OutcomeUnknown):
        gateway.knows_customer("cus_1")


def save_card(gateway, url):
    """Return a customer and the card that was saved for them."""
    customer = gateway.create_customer("8f14e45f", idempotency_key="one")
    office = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
    card = office.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    return customer, card.id


def test_a_card_is_attached_until_it_is_detached(gateway, url):
    customer, card = save_card(gateway, url)
    assert gateway.is_attached(card, customer)
    assert not gateway.is_attached(card, "cus_somebody")
    for key in ("once", "once more"):
        gateway.detach(card, idempotency_key=key)
    assert not gateway.is_attached(card, customer)


def test_whether_a_card_was_detached_is_not_guessed(gateway, control, url):
    _customer, card = save_card(gateway, url)
    control.fault("error_before", path="/v1/payment_methods/*")
    with pytest.raises(OutcomeUnknown):
        gateway.detach(card, idempotency_key="once")


def test_an_open_intent_is_closed(gateway, control):
    intent = pay(gateway)
    closed = gateway.close_intent(intent["id"], idempotency_key="close")
    assert closed.is_closed
    assert control.payment(intent["id"])["status"] == "canceled"


def test_closing_twice_changes_nothing(gateway):
    intent = pay(gateway)
    for key in ("close", "close", "close again"):
        assert gateway.close_intent(intent["id"], idempotency_key=key).is_closed


def test_an_answer_that_was_lost_does_not_hide_that_it_was_closed(gateway, control):
    intent = pay(gateway)
    control.fault("error_after", path="/v1/payment_intents/*/cancel")
    assert gateway.close_intent(intent["id"], idempotency_key="close").is_closed


def test_whether_an_intent_was_closed_is_not_guessed(gateway, control):
    intent = pay(gateway)
    control.fault("error_before", path="/v1/payment_intents/*/cancel")
    with pytest.raises(OutcomeUnknown):
        gateway.close_intent(intent["id"], idempotency_key="close")


def test_an_intent_that_was_paid_is_not_closed(gateway, control):
    intent = pay(gateway, confirm=True, payment_method="pm_card_visa")
    snapshot = gateway.close_intent(intent["id"], idempotency_key="close")
    assert not snapshot.is_closed
    assert snapshot.status == "succeeded"
    assert control.payment(intent["id"])["captured"] == 5000


def test_an_intent_that_this_account_does_not_have_cannot_be_paid_to_it(gateway):
    snapshot = gateway.close_intent("pi_of_another_account", idempotency_key="close")
    assert snapshot.is_closed
    assert snapshot.status == "absent"


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        ("refuse", OutcomeUnknown),
        ("error_before", OutcomeUnknown),
        ("error_after", OutcomeUnknown),
        ("rate_limit", TryLater),
    ],
)
def test_a_fault_has_the_consequence_that_was_chosen_for_it(
    gateway, control, fault, ours
):
    control.fault(fault, path="/v1/customers")
    with pytest.raises(ours):
        gateway.create_customer("8f14e45f", idempotency_key="one")


def test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(gateway, control):
    control.fault("lost_answer", path="/v1/payment_intents", count=2)
    intent = pay(gateway, confirm=True, payment_method="pm_card_visa")
    assert [each["payment_intent"] for each in control.ledger()["payments"]] == [
        intent["id"]
    ]
    assert len({each["idempotency_key"] for each in control.requests()}) == 1


@pytest.mark.parametrize("fault", ["lost_answer", "error_after"])
def test_a_repetition_that_came_too_often_says_nothing_of_the_first_try(
    gateway, control, fault
):
    control.fault(fault, path="/v1/payment_intents", count=1)
    control.fault("rate_limit", path="/v1/payment_intents")
    with pytest.raises(OutcomeUnknown):
        pay(gateway, confirm=True, payment_method="pm_card_visa")
    assert len(control.ledger()["payments"]) == 1
    with pytest.raises(TryLater):
        pay(gateway, confirm=True, payment_method="pm_card_visa")


def test_a_declined_card_is_told_in_the_words_for_the_payer(gateway):
    with pytest.raises(Declined, match=r"^Your card was declined\.$"):
        pay(gateway, confirm=True, payment_method="pm_card_visa_chargeDeclined")


@pytest.mark.parametrize("key", ["sk_test_nobody", PUBLISHABLE_KEY])
def test_a_key_that_does_not_work_is_a_rejection(control, key):
    gateway = StripeGateway(key, const.API_VERSION, control.base_url)
    with pytest.raises(Rejected):
        gateway.get_account_id()


def test_without_a_key_nothing_is_sent(control):
    with pytest.raises(Rejected):
        gateway_for("", const.API_VERSION, control.base_url)
    assert not control.requests()


def test_nothing_is_sent_to_an_endpoint_that_is_not_listed(gateway, control):
    with pytest.raises(NotAllowed):
        gateway.send("POST", "tokens", {"name": "Lisa"}, api_version=CORE_VERSION)
    assert not control.requests()


@pytest.mark.parametrize(
    "publishable",
    ["", "pk_test_nobody", "pk_test_emulator_other", SECRET_KEY],
    ids=["none", "unknown", "of another account", "the secret key"],
)
def test_a_publishable_key_that_does_not_fit_is_found_out(
    gateway, control, publishable
):
    control.add_account("other")
    with pytest.raises(Rejected):
        gateway.check_keys(publishable)


def test_keys_that_fit_name_their_account_and_leave_nothing_open(gateway, control):
    assert gateway.check_keys(PUBLISHABLE_KEY) == gateway.get_account_id()
    assert {each["status"] for each in control.objects("setup_intent")} == {"canceled"}
    assert not control.ledger()["payments"]

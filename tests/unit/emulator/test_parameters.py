"""Parameters are checked against the SDK's own types."""

import sys
from pathlib import Path

import pytest
import stripe
import typing_extensions

from stripe_emulator.api.service import ROUTES
from stripe_emulator.protocol import extra_params, params, unmodelled
from stripe_emulator.protocol.errors import ApiError
from stripe_emulator.protocol.validation import validate
from stripe_emulator.protocol.versions import CURRENT, Version

from .kit import RETURN_URL

OLD = Version("2019-05-16")
# `expand` is for every route; there are no readers that a filter could find; the hashes
# of other payment method types need their `type`, which is refused.
HANDLED = {
    "expand",
    "device_type",
    "interac_present",
    "location",
    "serial_number",
    *params.struct("PaymentMethodCreateParams").fields["type"].values,
}
INTENT = {"amount": "5000", "currency": "usd"}


def refusal(name, raw, version=CURRENT):
    """Return the error with which a request is refused."""
    with pytest.raises(ApiError) as caught:
        validate(name, raw, version)
    return caught.value


def test_types_come_from_the_sdk_and_not_from_a_list_of_our_own():
    """The negative control: without resolved types everything would pass."""
    fields = params.struct("PaymentIntentCreateParams").fields
    source = stripe.params.PaymentIntentCreateParams
    assert typing_extensions.is_typeddict(source)
    assert set(source.__required_keys__) == {"amount", "currency"}
    assert "payment_method_types" not in fields
    assert fields["amount"] == params.Scalar(int)
    assert isinstance(fields["shipping"], params.Struct)
    assert "api_key" not in fields


def test_all_routes_have_parameters_that_the_sdk_knows():
    assert len(ROUTES) > 60
    for route in ROUTES:
        assert params.struct(route.params).fields is not None


def test_lists_of_exceptions_name_existing_parameters_only():
    for name, refused in unmodelled.UNMODELLED.items():
        assert refused <= set(params.struct(name).fields), name
    for name, removed in extra_params.REMOVED.items():
        known = params.struct(name).fields
        assert not {each.name for each in removed} & set(known), name


def test_no_parameter_is_silently_ignored():
    """Whatever the SDK lets through is read by the handler's module or refused."""
    helpers = (
        "api.confirmation",
        "api.payment_flow",
        "api.payment_methods",
        "protocol.pagination",
        "protocol.search",
    )
    shared = "".join(source_of(f"stripe_emulator.{name}") for name in helpers)
    ignored = []
    for route in ROUTES:
        text = shared + source_of(route.handler.__module__)
        refused = unmodelled.UNMODELLED.get(route.params, set())
        for name in set(params.struct(route.params).fields) - refused - HANDLED:
            if f'"{name}"' not in text:
                ignored.append(f"{route.method} {route.path}: {name}")
    assert ignored == []


def source_of(module):
    """Return the source of an imported module."""
    return Path(sys.modules[module].__file__).read_text("utf-8")


@pytest.mark.parametrize(
    ("changes", "code", "param", "message"),
    [
        ({"foo": "1"}, "parameter_unknown", "foo", "Received unknown parameter: foo"),
        (
            {"foo": "1", "bar": "1"},
            "parameter_unknown",
            "foo",
            "Received unknown parameters: foo, bar",
        ),
        (
            {"shipping": {"nme": "x"}},
            "parameter_unknown",
            "shipping[nme]",
            "Received unknown parameter: shipping[nme]",
        ),
        (
            {"amount": "12.50"},
            "parameter_invalid_integer",
            "amount",
            "Invalid integer: 12.50",
        ),
        ({"confirm": "yes"}, None, "confirm", "Invalid boolean: yes"),
        (
            {"capture_method": "later"},
            None,
            "capture_method",
            "Invalid capture_method: must be one of automatic, automatic_async or "
            "manual",
        ),
        ({"expand": "latest_charge"}, None, "expand", "Invalid array"),
        ({"metadata": "x"}, None, "metadata", "Invalid object"),
        ({"metadata": {"a": {"b": "c"}}}, None, "metadata[a]", None),
        ({"amount": {"a": "1"}}, None, "amount", "Invalid integer"),
        ({"customer": ""}, "parameter_invalid_empty", "customer", None),
        ({"description": "x" * 5001}, None, "description", None),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata", None),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]", None),
        ({"metadata": {str(n): "v" for n in range(51)}}, None, "metadata", None),
        (
            {"automatic_payment_methods": {}},
            "parameter_missing",
            "automatic_payment_methods[enabled]",
            None,
        ),
    ],
)
def test_what_does_not_fit_is_refused(changes, code, param, message):
    error = refusal("PaymentIntentCreateParams", INTENT | changes)
    assert (error.status, error.code, error.param) == (400, code, param)
    assert error.stored is False
    if message:
        assert error.message == message


def test_missing_parameter_is_named():
    error = refusal("PaymentIntentCreateParams", {"amount": "1"})
    assert error.message == "Missing required param: currency."


def test_values_are_converted():
    given = {
        **INTENT,
        "confirm": "True",
        "off_session": "false",
        "metadata": {"0": "zero"},
        "expand": {"0": "customer"},
        "shipping": {"name": "", "address": {"line1": "1 Road", "city": ""}},
    }
    assert validate("PaymentIntentCreateParams", given, CURRENT) == {
        "amount": 5000,
        "currency": "usd",
        "confirm": True,
        "off_session": False,
        "metadata": {"0": "zero"},
        "expand": ["customer"],
        "shipping": {"name": None, "address": {"line1": "1 Road", "city": None}},
    }


def test_empty_value_unsets_only_what_can_be_unset():
    validated = validate("CustomerUpdateParams", {"metadata": ""}, CURRENT)
    assert validated == {"metadata": ""}
    validated = validate("RefundListParams", {"created": {"gte": "5"}}, CURRENT)
    assert validated == {"created": {"gte": 5}}


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("PaymentIntentCreateParams", INTENT),
        ("PaymentIntentUpdateParams", {}),
        ("PaymentIntentConfirmParams", {}),
        ("SetupIntentCreateParams", {}),
    ],
)
def test_payment_method_types_ended_with_endive(name, raw):
    raw = {**raw, "payment_method_types": ["card"]}
    code = "payment_method_types_no_longer_supported"
    assert refusal(name, raw).code == code
    assert refusal(name, raw, Version("2026-09-30.endive")).code == code
    for old in (OLD, Version("2026-08-26.dahlia")):
        assert validate(name, raw, old)["payment_method_types"] == ["card"]


def test_old_version_takes_what_was_removed_but_nothing_unknown():
    raw = {**INTENT, "source": "src_1", "save_payment_method": "true"}
    assert validate("PaymentIntentCreateParams", raw, OLD)["source"] == "src_1"
    assert refusal("PaymentIntentCreateParams", raw).code == "parameter_unknown"
    wrong = {**INTENT, "foo": "1"}
    assert refusal("PaymentIntentCreateParams", wrong, OLD).code == "parameter_unknown"


def test_sdk_meets_the_refusals_over_http(client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(
            {"amount": 5000, "currency": "usd", "payment_method_types": ["card"]}
        )
    assert caught.value.http_status == 400
    assert caught.value.code == "payment_method_types_no_longer_supported"
    made = client.v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}
    )
    assert made.payment_method_types == ["card"]


def test_allowed_types_that_do_not_fit_are_left_out_silently(client):
    made = client.v1.payment_intents.create(
        {
            "amount": 5000,
            "currency": "usd",
            "allowed_payment_method_types": ["card", "sepa_debit"],
        }
    )
    assert made.payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(
            {
                "amount": 5000,
                "currency": "usd",
                "allowed_payment_method_types": ["card"],
                "automatic_payment_methods": {"enabled": True},
            }
        )
    assert caught.value.code == "parameters_exclusive"


def test_unmodelled_parameter_is_refused_and_not_ignored(client):
    with pytest.raises(stripe.APIError, match="does not model") as caught:
        client.v1.payment_intents.create(
            {"amount": 5000, "currency": "usd", "transfer_group": "x"}
        )
    assert caught.value.http_status == 501


def test_dynamic_methods_need_a_way_back(client):
    given = {
        "amount": 5000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
    }
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.create(given)
    assert client.v1.payment_intents.list().data == []
    client.v1.payment_intents.create(given | {"return_url": RETURN_URL})
    never = {"enabled": True, "allow_redirects": "never"}
    client.v1.payment_intents.create(given | {"automatic_payment_methods": never})

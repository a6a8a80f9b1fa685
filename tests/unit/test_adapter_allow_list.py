"""Nothing leaves that the allow-list does not name, in whatever shape it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_stripe_gateway.adapter.allow_list import (
    READING,
    WRITING,
    NotAllowed,
    only_allowed,
    without_forbidden,
)
from clinic_stripe_gateway.adapter.payload import to_nested, to_paths

# Names of Stripe's parameters that people are recognised by, or that say what was
# bought. `description` is not among them: it carries the opaque reference.
PERSONAL = (
    "address",
    "billing_details",
    "business_name",
    "city",
    "email",
    "individual_name",
    "invoice_prefix",
    "ip_address",
    "line1",
    "name",
    "payment_details",
    "payment_method_data",
    "phone",
    "postal_code",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "tax_id_data",
    "user_agent",
)
# What Core hands over for each endpoint, with what may leave of it.
CORE = [
    (
        "customers",
        {
            "address[city]": "Springfield",
            "address[line1]": "742 Evergreen Terrace",
            "description": "Odoo Partner: Lisa (id: 7)",
            "email": "lisa@example.com",
            "name": "Lisa",
            "phone": "555 0100",
            "metadata[reference]": "8f14e45f",
            "metadata[diagnosis]": "F41.1",
        },
        {"metadata": {"reference": "8f14e45f"}},
    ),
    (
        "payment_intents",
        {
            "amount": 12000,
            "currency": "usd",
            "description": "c4ca4238a0b92382",
            "capture_method": "automatic",
            "customer": "cus_1",
            "expand[]": "payment_method",
            "mandate": None,
            "payment_method_types[]": "card",
            "receipt_email": "lisa@example.com",
            "shipping[name]": "Lisa",
            "shipping[address][line1]": "742 Evergreen Terrace",
            "statement_descriptor": "Therapy",
            "metadata[diagnosis]": "F41.1",
        },
        {
            "amount": 12000,
            "currency": "usd",
            "description": "c4ca4238a0b92382",
            "capture_method": "automatic",
            "customer": "cus_1",
            "expand": ["payment_method"],
            "payment_method_types": ["card"],
        },
    ),
    (
        "payment_intents",
        [
            ("currency", "CAD"),
            ("amount", 100),
            ("payment_method_types[]", "card_present"),
            ("payment_method_types[]", "interac_present"),
            ("payment_method_options[card_present][capture_method]", "manual"),
            ("metadata[patient]", "Lisa"),
        ],
        {
            "currency": "CAD",
            "amount": 100,
            "payment_method_types": ["card_present", "interac_present"],
            "payment_method_options": {"card_present": {"capture_method": "manual"}},
        },
    ),
    (
        "setup_intents",
        {
            "customer": "cus_1",
            "description": "c4ca4238a0b92382",
            "payment_method_types[]": "card",
            "payment_method_options[card][mandate_options][reference]": "c4ca4238",
            "payment_method_options[card][mandate_options][supported_types][]": "india",
            "payment_method_options[card][network]": "visa",
            "metadata[name]": "Lisa",
        },
        {
            "customer": "cus_1",
            "description": "c4ca4238a0b92382",
            "payment_method_types": ["card"],
            "payment_method_options": {
                "card": {
                    "mandate_options": {
                        "reference": "c4ca4238",
                        "supported_types": ["india"],
                    }
                }
            },
        },
    ),
    (
        "refunds",
        {"payment_intent": "pi_1", "amount": 500, "reason": "Therapy cancelled"},
        {"payment_intent": "pi_1", "amount": 500},
    ),
    (
        "payment_intents/pi_1/capture",
        {"amount_to_capture": 500, "statement_descriptor_suffix": "Therapy"},
        {"amount_to_capture": 500},
    ),
    (
        "payment_intents/pi_1/cancel",
        {"cancellation_reason": "abandoned", "metadata[why]": "Lisa left"},
        {"cancellation_reason": "abandoned"},
    ),
    ("setup_intents/seti_1/cancel", None, {}),
    ("payment_methods/pm_1/detach", {"name": "Lisa"}, {}),
    (
        "webhook_endpoints",
        {
            "url": "https://practice.example/payment/stripe/webhook",
            "enabled_events[]": ["charge.refunded", "payment_intent.succeeded"],
            "api_version": "2019-05-16",
            "description": "Practice of Dr. Lisa",
        },
        {
            "url": "https://practice.example/payment/stripe/webhook",
            "enabled_events": ["charge.refunded", "payment_intent.succeeded"],
            "api_version": "2019-05-16",
        },
    ),
    ("webhook_endpoints/we_1", {"disabled": True, "name": "Lisa"}, {"disabled": True}),
    (
        "apple_pay/domains",
        {"domain_name": "practice.example", "name": "Lisa"},
        {"domain_name": "practice.example"},
    ),
    ("terminal/connection_tokens", {"location": "tml_1"}, {}),
]
ENDPOINTS = sorted(WRITING)


def as_path(name):
    """Put an id where an endpoint's name has a star."""
    return name.replace("*", "xx_1")


def test_there_is_an_example_for_every_endpoint():
    examples = {
        "/".join("*" if "_1" in word else word for word in endpoint.split("/"))
        for endpoint, _payload, _left in CORE
    }
    assert examples == set(WRITING)


@pytest.mark.parametrize(("endpoint", "payload", "left"), CORE)
def test_only_the_allowed_part_of_what_core_sends_is_left(endpoint, payload, left):
    assert only_allowed("POST", endpoint, payload) == left


@pytest.mark.parametrize(("endpoint", "payload", "left"), CORE)
def test_the_own_transport_of_core_gets_the_same_part_in_its_own_shape(
    endpoint, payload, left
):
    kept = without_forbidden("POST", endpoint, payload)
    assert to_nested(to_paths(kept)) == left
    if payload:
        assert type(kept) is type(payload)


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("word", PERSONAL)
def test_no_endpoint_takes_what_people_are_recognised_by(name, word):
    for key in (word, f"{word}[line1]", f"card[{word}]", f"{word}[]"):
        assert only_allowed("POST", as_path(name), {key: "Lisa"}) == {}
        assert without_forbidden("POST", as_path(name), {key: "Lisa"}) == {}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_metadata_holds_nothing_but_an_opaque_reference(name):
    metadata = {"reference": "8f14", "origin": "c2VhbGVk"}
    kept = {"customers": "reference", "refunds": "reference"}
    kept["payment_intents"] = "origin"
    payload = {"metadata": {**metadata, "patient": "Lisa"}}
    only = kept.get(name)
    left = {"metadata": {only: metadata[only]}} if only else {}
    assert only_allowed("POST", as_path(name), payload) == left


@pytest.mark.parametrize(
    "value",
    [{"name": "Lisa"}, [{"name": "Lisa"}], [["Lisa"]], [{"a": [{"name": "Lisa"}]}]],
)
@pytest.mark.parametrize("key", ["customer", "expand[]", "payment_method_types"])
def test_nothing_hides_below_a_name_that_is_allowed(key, value):
    assert "Lisa" not in str(only_allowed("POST", "payment_intents", {key: value}))
    kept = without_forbidden("POST", "payment_intents", {key: value})
    assert "Lisa" not in str(kept)


@pytest.mark.parametrize("name", ["name", "query", "email", "metadata", "reason"])
def test_a_reading_request_says_only_which_objects_it_wants(name):
    assert only_allowed("GET", "payment_intents", {name: "Lisa", "limit": 3}) == {
        "limit": 3
    }
    assert name not in READING


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "/",
        "accounts",
        "charges",
        "customers/cus_1",
        "invoices",
        "payment_intents/pi_1",
        "payment_intents/pi_1/confirm",
        "payment_intents/../customers/capture",
        "payment_intents/pi_1/capture/..",
        "payment_intents/pi_1?name=Lisa",
        "customers?name=Lisa",
        "customers#Lisa",
        "payment_intents//capture",
        "payment_intents/refunds/capture",
        "sources",
        "tokens",
        "v1/customers",
    ],
)
@pytest.mark.parametrize("method", ["POST", "post", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_to_an_endpoint_that_is_not_listed(method, endpoint):
    for filtered in (only_allowed, without_forbidden):
        with pytest.raises(NotAllowed) as refusal:
            filtered(method, endpoint, {"amount": 1})
        assert "amount" not in str(refusal.value)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_slashes_around_an_endpoint_change_nothing(name):
    payload = {"amount": 1, "name": "Lisa"}
    plain = only_allowed("POST", as_path(name), payload)
    assert only_allowed("POST", f"/{as_path(name)}/", payload) == plain


WORD = st.sampled_from(["amount", "card", "customer", "metadata", "name", "reference"])
PAIRS = st.lists(
    st.tuples(
        st.lists(WORD, min_size=1, max_size=3).map(
            lambda words: words[0] + "".join(f"[{word}]" for word in words[1:])
        ),
        st.text(max_size=3),
    ),
    max_size=6,
)


@given(st.sampled_from(ENDPOINTS), PAIRS)
def test_both_transports_let_the_same_through(name, pairs):
    payload = dict(pairs)
    kept = without_forbidden("POST", as_path(name), payload)
    both = (to_paths(kept), to_paths(only_allowed("POST", as_path(name), payload)))
    assert both[0] == both[1]

"""A message is believed if, and only if, the SDK itself would believe it now.

The SDK also believes those that will be signed tomorrow; nobody can have signed them.
"""

import json
import time

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_stripe_gateway.adapter.webhook import (
    TOLERANCE_SECONDS,
    EventHint,
    SignatureInvalid,
    is_readable_by_core,
    read_verified,
)

SECRET = "whsec_of_the_practice"
OTHER_SECRET = "whsec_of_somebody_else"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
HINT = EventHint("evt_1", "payment_intent.succeeded", "pi_1")


def to_body(event):
    return json.dumps(event, ensure_ascii=False).encode()


BODY = to_body(EVENT)


def sign(body, secret=SECRET, age=0):
    """Return the header with which Stripe would have sent this body."""
    return stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, int(time.time()) - age
    )


def sdk_believes(body, header, secret):
    """Ask the judge."""
    try:
        stripe.Webhook.construct_event(body, header, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # It compares no signature that holds other than ASCII characters.
        return False
    return True


def assert_refused(body, header, secrets=(SECRET,)):
    with pytest.raises(SignatureInvalid):
        read_verified(body, header, list(secrets))


def test_a_signed_event_is_read():
    assert read_verified(BODY, sign(BODY), [SECRET]) == (HINT, 0)
    assert sdk_believes(BODY, sign(BODY), SECRET)


def test_the_secret_that_fits_is_named_by_its_position():
    secrets = ["", OTHER_SECRET, SECRET, SECRET]
    assert read_verified(BODY, sign(BODY), secrets) == (HINT, 2)


def test_an_event_about_an_object_without_id_is_read():
    body = to_body({**EVENT, "data": {"object": {"object": "balance"}}})
    assert read_verified(body, sign(body), [SECRET])[0].object_id == ""


@pytest.mark.parametrize("livemode", [True, False, None])
def test_the_mode_of_an_event_is_read(livemode):
    body = to_body({**EVENT, "livemode": livemode})
    assert read_verified(body, sign(body), [SECRET])[0].livemode is livemode


def test_a_secret_that_is_being_replaced_still_counts():
    timestamp, new = sign(BODY).split(",")
    old = sign(BODY, OTHER_SECRET).split(",")[1]
    for header in (f"{timestamp},{new},{old}", f"{timestamp},{old},{new}"):
        assert sdk_believes(BODY, header, SECRET)
        assert read_verified(BODY, header, [SECRET]) == (HINT, 0)


@pytest.mark.parametrize("secrets", [(), ("",), ("", ""), ("  ",), (OTHER_SECRET,)])
def test_without_the_right_secret_nothing_is_believed(secrets):
    assert_refused(BODY, sign(BODY), secrets)


@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_an_empty_secret_signs_nothing(secret):
    assert_refused(BODY, sign(BODY, secret), (secret,))


@pytest.mark.parametrize("age", [TOLERANCE_SECONDS + 5, 86400])
def test_an_old_message_is_refused(age):
    header = sign(BODY, age=age)
    assert not sdk_believes(BODY, header, SECRET)
    assert_refused(BODY, header)


@pytest.mark.parametrize("age", [-TOLERANCE_SECONDS - 5, -86400, -(10**9)])
@pytest.mark.parametrize("shape", ["{}", "v0=abc,{}", "{},t=1", " t=1,{}"])
def test_a_message_of_the_future_is_refused(age, shape):
    header = shape.format(sign(BODY, age=age))
    assert sdk_believes(BODY, header, SECRET)
    assert_refused(BODY, header)


@pytest.mark.parametrize("age", [-TOLERANCE_SECONDS + 20, -1])
def test_a_clock_that_is_a_little_fast_is_forgiven(age):
    assert read_verified(BODY, sign(BODY, age=age), [SECRET]) == (HINT, 0)


def test_the_tolerance_is_the_one_that_the_sdk_recommends():
    assert TOLERANCE_SECONDS == stripe.Webhook.DEFAULT_TOLERANCE
    header = sign(BODY, age=TOLERANCE_SECONDS - 20)
    assert read_verified(BODY, header, [SECRET]) == (HINT, 0)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t",
        "t=,v1=",
        "t=1",
        "v1=abc",
        "t=now,v1=abc",
        f"t={10**400},v1=abc",
        "t=-1,v1=abc",
        f"t={int(time.time())},v0=abc",
        f"t={int(time.time())},v1=\N{SNOWMAN}",
        "," * 1000,
        "=" * 1000,
        "\x00",
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header):
    assert_refused(BODY, header)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\xfa",
        b"null",
        b"[]",
        b"7",
        b'"evt_1"',
        b"{",
        b"not json",
        b"[" * 100_000,
        to_body({}),
        to_body({**EVENT, "id": None}),
        to_body({**EVENT, "id": 7}),
        to_body({**EVENT, "type": ["payment_intent.succeeded"]}),
        to_body({**EVENT, "data": None}),
        to_body({**EVENT, "data": {"object": "pi_1"}}),
        to_body({**EVENT, "data": {"object": {"id": {"id": "pi_1"}}}}),
        to_body({**EVENT, "id": "evt_\0"}),
        to_body({**EVENT, "id": "evt_" + "1" * 252}),
        to_body({**EVENT, "livemode": "false"}),
        to_body({**EVENT, "livemode": 1}),
        b'{"id": "evt_\\ud800", "type": "a", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "\\u0000", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "a", "data": {"object": {"id": "\\udfff"}}}',
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body):
    signable = body.decode("utf-8", "replace").encode()
    assert_refused(body, sign(signable))


def test_a_huge_body_is_read_like_any_other():
    body = to_body({**EVENT, "padding": "x" * 2**20})
    assert read_verified(body, sign(body), [SECRET]) == (HINT, 0)
    assert_refused(body + b" ", sign(body))


def changed(text, draw):
    """Return the text with one place cut out, doubled or replaced."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 8)))
    piece = text[start:end]
    noise = st.binary if isinstance(text, bytes) else st.text
    new = draw(st.one_of(st.just(piece + piece), noise(max_size=4)))
    return text[:start] + new + text[end:]


@st.composite
def tampered_messages(draw):
    body, header = BODY, sign(BODY)
    if draw(st.booleans()):
        body = changed(body, draw)
    if body == BODY or draw(st.booleans()):
        header = changed(header, draw)
    return body, header


@settings(max_examples=2000)
@given(tampered_messages())
def test_a_tampered_message_is_refused_and_nothing_else_goes_wrong(message):
    body, header = message
    try:
        hint, position = read_verified(body, header, [SECRET, OTHER_SECRET])
    except SignatureInvalid:
        assert not sdk_believes(body, header, SECRET)
        return
    # A header may say more than is needed and still hold the right signature.
    assert sdk_believes(body, header, SECRET)
    assert (body, hint, position) == (BODY, HINT, 0)


@settings(max_examples=300)
@given(st.binary(max_size=80), st.text(max_size=80))
def test_noise_is_refused_and_nothing_else_goes_wrong(body, header):
    assert_refused(body, header)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "data", "object"]), inner, max_size=4
        )
    ),
)


@settings(max_examples=500)
@given(JSON)
def test_signed_nonsense_is_either_an_event_or_refused(nonsense):
    body = to_body(nonsense)
    try:
        hint, _position = read_verified(body, sign(body), [SECRET])
    except SignatureInvalid:
        return
    assert hint.id == nonsense["id"]
    assert hint.type == nonsense["type"]


# === WHAT CORE READS BEFORE IT ASKS WHO HAS SIGNED === #


def about(**values):
    return to_body({**EVENT, "data": {"object": {"id": "pi_1", **values}}})


def test_what_core_can_read_is_given_to_it():
    for body in (BODY, about(description="a1"), about(description=None)):
        assert is_readable_by_core(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        to_body({}),
        about(id=None),
        about(description=7),
        about(description={"a": 1}),
        about(description="\0"),
        to_body({**EVENT, "type": None}),
        to_body({**EVENT, "data": {"object": []}}),
    ],
)
def test_what_would_break_core_is_kept_from_it(body):
    assert not is_readable_by_core(body)

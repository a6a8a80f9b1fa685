"""What the adapter reads of Stripe's books, and what it tells of its own requests."""

import time

import pytest
import stripe

from clinic_stripe_gateway.adapter import OutcomeUnknown, recorded_by

SECRET_KEY = "sk_test_emulator_default"
CORE_VERSION = "2019-05-16"
MORE_THAN_A_PAGE = 103


def pay(gateway, card="visa", **extra):
    payload = {
        "amount": 5000,
        "currency": "usd",
        "confirm": True,
        "description": "c4ca4238a0b92382",
        "metadata[origin]": "sealed",
        "payment_method": f"pm_card_{card}",
        "payment_method_types[]": "card",
        **extra,
    }
    return gateway.send("POST", "payment_intents", payload, api_version=CORE_VERSION)


def read(list_page, since=1, until=None):
    """Return what is on each page."""
    until = until or int(time.time()) + 60
    pages, after = [], ""
    while not pages or after:
        page = list_page(since, until, after)
        pages.append(page.items)
        after = page.after
    return pages


# === BOOKS === #


def test_a_list_is_read_page_by_page_without_losing_or_repeating(gateway, control):
    intents = [pay(gateway)["id"] for _each in range(MORE_THAN_A_PAGE)]
    control.clear_requests()
    first, second = read(gateway.list_charges)
    assert [charge.intent_id for charge in (*first, *second)] == intents[::-1]
    assert len(control.requests()) == 2


def test_an_empty_list_has_one_empty_page(gateway):
    assert read(gateway.list_charges) == [()]


def test_a_charge_tells_what_was_taken_and_what_for(gateway):
    intent = pay(gateway)
    pay(gateway, capture_method="manual")
    with pytest.raises(Exception, match="declined"):
        pay(gateway, card="visa_chargeDeclined")
    ((declined, authorised, paid),) = read(gateway.list_charges)
    assert (paid.intent_id, paid.amount, paid.currency) == (intent["id"], 5000, "USD")
    assert (paid.reference, paid.origin) == ("c4ca4238a0b92382", "sealed")
    assert (authorised.amount, authorised.is_pending) == (0, False)
    assert (declined.amount, declined.is_pending) == (0, False)


def test_the_end_of_a_period_is_not_part_of_it(gateway, control):
    control.freeze(1_700_000_000)
    pay(gateway)
    assert read(gateway.list_charges, 1_699_999_999, 1_700_000_000) == [()]
    ((charge,),) = read(gateway.list_charges, 1_700_000_000, 1_700_000_001)
    assert charge.created == 1_700_000_000


def test_a_refund_knows_its_charge_and_its_end(gateway, control):
    intent = pay(gateway)
    refund = control.dashboard_refund(intent["id"], amount=2000)
    ((listed,),) = read(gateway.list_refunds)
    assert (listed.id, listed.amount) == (refund["id"], 2000)
    assert (listed.is_done, listed.is_gone) == (True, False)
    assert listed.charge.reference == "c4ca4238a0b92382"
    control.fail_refund(refund["id"])
    failed = gateway.find_refund(refund["id"])
    assert (failed.is_done, failed.is_gone) == (False, True)
    assert failed.charge == listed.charge


def test_a_dispute_tells_whether_the_money_is_withdrawn(gateway, control):
    lost, inquiry = pay(gateway)["id"], pay(gateway)["id"]
    dispute = control.create_dispute(lost)
    control.create_dispute(inquiry, inquiry=True)
    ((asked, taken),) = read(gateway.list_disputes)
    assert (asked.withdrawn, taken.withdrawn) == (0, taken.amount)
    assert (taken.intent_id, taken.amount) == (lost, 5000)
    assert (taken.fee, taken.fee_currency, asked.fee) == (1500, "USD", 0)
    control.win_dispute(dispute["id"])
    ((_asked, given_back),) = read(gateway.list_disputes)
    assert given_back.status == "won"
    assert given_back.withdrawn == 0
    # The fee is gone all the same.
    assert given_back.fee == 1500


def test_what_the_account_lacks_is_no_error(gateway):
    assert gateway.find_charges("pi_of_nobody") == ()
    assert gateway.find_refund("re_of_nobody") is None


def test_a_connection_that_breaks_is_an_error_of_ours(gateway, control):
    control.fault("refuse", path="/v1/*")
    for operation in (
        lambda: gateway.list_charges(1, 2),
        lambda: gateway.find_charges("pi_of_nobody"),
        lambda: gateway.find_refund("re_of_nobody"),
        gateway.list_endpoints,
    ):
        with pytest.raises(OutcomeUnknown):
            operation()


# === ENDPOINTS === #


def test_a_repaired_endpoint_gets_what_it_lacked_and_keeps_what_it_had(
    gateway, control
):
    made = control.add_endpoint("http://127.0.0.1:9/webhook", ["payout.paid"])
    (endpoint,) = gateway.list_endpoints()
    assert endpoint.missing(["charge.refunded", "payout.paid"]) == ["charge.refunded"]
    repaired = gateway.repair_endpoint(
        endpoint, ["charge.refunded"], idempotency_key="repair"
    )
    assert repaired.id == made["id"]
    assert repaired.events == {"charge.refunded", "payout.paid"}
    assert "secret" not in vars(repaired)
    gateway.delete_endpoint(repaired.id)
    assert gateway.list_endpoints() == ()


def test_an_endpoint_that_gets_everything_is_left_so(gateway, control):
    control.add_endpoint("http://127.0.0.1:9/webhook", ["*"])
    (endpoint,) = gateway.list_endpoints()
    assert endpoint.missing(["charge.refunded"]) == []
    repaired = gateway.repair_endpoint(
        endpoint, ["charge.refunded"], idempotency_key="repair"
    )
    assert repaired.events == {"*"}


# === WHAT IS TOLD ABOUT REQUESTS === #


class Recorder:
    """Remembers what it is told, and what had been sent by then."""

    def __init__(self, control):
        self.control = control
        self.told = []

    def __call__(self, method, endpoint, fields):
        sent = len(self.control.requests(method="POST"))
        entry = {"call": (method, endpoint, fields), "sent": sent}
        self.told.append(entry)
        return lambda object_id: entry.update(answer=object_id)


def test_a_request_is_told_of_before_it_is_sent(gateway, control):
    recorder = Recorder(control)
    with recorded_by(recorder):
        intent = pay(gateway, confirm=False)
    (told,) = recorder.told
    method, endpoint, fields = told["call"]
    assert (method, endpoint, told["sent"]) == ("POST", "payment_intents", 0)
    assert ("metadata[origin]", "sealed") in fields
    assert told["answer"] == intent["id"]


def test_an_operation_of_our_own_is_told_of_as_well(gateway, control):
    recorder = Recorder(control)
    with recorded_by(recorder):
        gateway.create_customer("8f14e45f", idempotency_key="customer")
        gateway.get_account_id()
    (told,) = recorder.told
    assert told["call"] == ("POST", "customers", [("metadata[reference]", "8f14e45f")])


def test_a_request_that_is_repeated_is_told_of_once(gateway, control):
    control.fault("error_before", path="/v1/customers", count=1)
    recorder = Recorder(control)
    with recorded_by(recorder):
        gateway.create_customer("8f14e45f", idempotency_key="customer")
    assert len(recorder.told) == 1


def test_what_cannot_be_told_is_not_sent(gateway, control):
    def refuse(*_told):
        raise ValueError("The database is full.")

    with recorded_by(refuse), pytest.raises(ValueError, match="full"):
        pay(gateway)
    assert not control.requests()


def test_nothing_is_told_after_the_block(gateway, control):
    recorder = Recorder(control)
    with recorded_by(recorder):
        pass
    pay(gateway)
    assert not recorder.told


def test_the_sdk_still_sends_through_the_method_that_tells():
    assert "request_with_retries" in vars(stripe.HTTPClient)

"""Every combination of facts has one state, read from a table."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules import billing_state
from clinic_invoicing.rules.billing_state import (
    ServiceFacts,
    ShareAmounts,
    ShareFacts,
    service_state,
)

# Nothing has been billed: who is billed, how the appointment stands, and then the
# state of a service that is kept, and of one that was taken back.
NOT_BILLED = """
client      none        to_invoice   cancelled
client      planned     planned      cancelled
client      completed   to_invoice   cancelled
client      no_show     cancelled    cancelled
client      cancelled   cancelled    cancelled
insurance   none        insurance    cancelled
insurance   planned     planned      cancelled
insurance   completed   insurance    cancelled
insurance   no_show     cancelled    cancelled
insurance   cancelled   cancelled    cancelled
no_charge   none        no_charge    cancelled
no_charge   planned     no_charge    cancelled
no_charge   completed   no_charge    cancelled
no_charge   no_show     cancelled    cancelled
no_charge   cancelled   cancelled    cancelled
"""
# The shares of a service that is billed as a whole, and its state.
BILLED = {
    ("invoiced",): "invoiced",
    ("paid",): "paid",
    ("invoiced", "invoiced"): "invoiced",
    ("invoiced", "paid"): "invoiced",
    ("paid", "paid"): "paid",
    ("invoiced", "written_off"): "invoiced",
    ("paid", "written_off"): "paid",
    ("invoiced", "paid", "written_off"): "invoiced",
    ("paid", "paid", "written_off"): "paid",
}
# Nobody has been billed: the service follows its appointment and its rate.
NOTHING_BILLED = ((), ("to_bill",), ("to_bill", "to_bill"), ("to_bill", "written_off"))
# The shares of a service of which somebody is still to be billed, and its state
# when the visit was completed, and when it was called off.
PARTLY_BILLED = """
patient:to_bill                      to_invoice  cancelled
insurer:to_bill                      insurance   cancelled
patient:to_bill   insurer:to_bill    to_invoice  cancelled
patient:to_bill   insurer:invoiced   to_invoice  invoiced
patient:to_bill   insurer:paid       to_invoice  paid
patient:invoiced  insurer:to_bill    insurance   invoiced
patient:paid      insurer:to_bill    insurance   paid
patient:paid      patient:to_bill    to_invoice  paid
write_off:written_off                cancelled   cancelled
"""
STATUSES = (None, "planned", "completed", "no_show", "cancelled")
DECISIONS = ("client", "insurance", "no_charge")


def not_billed_rows():
    for row in NOT_BILLED.split("\n"):
        if row:
            decision, status, kept, taken_back = row.split()
            status = None if status == "none" else status
            yield decision, status, False, kept
            yield decision, status, True, taken_back


def test_the_table_names_every_combination():
    rows = [row[:3] for row in not_billed_rows()]
    assert sorted(rows, key=str) == sorted(
        product(DECISIONS, STATUSES, (False, True)), key=str
    )


def shares_of(payer_type, states):
    """Return shares with these states, of one kind of payer."""
    return tuple(
        ShareFacts("write_off" if state == "written_off" else payer_type, state)
        for state in states
    )


def payer_of(decision):
    """Return who pays for a service that is not split."""
    return "insurer" if decision == "insurance" else "patient"


@pytest.mark.parametrize("states", NOTHING_BILLED)
@pytest.mark.parametrize(
    ("decision", "status", "is_cancelled", "state"), list(not_billed_rows())
)
def test_a_service_that_is_not_billed_follows_its_appointment(
    decision, status, is_cancelled, state, states
):
    shares = shares_of(payer_of(decision), states)
    facts = ServiceFacts(decision, status, is_cancelled, shares)
    assert service_state(facts) == state


@pytest.mark.parametrize("states", NOTHING_BILLED)
@pytest.mark.parametrize("status", STATUSES)
def test_a_fee_is_owed_whatever_became_of_its_appointment(status, states):
    owed = {"client": "to_invoice", "insurance": "insurance", "no_charge": "no_charge"}
    for decision, state in owed.items():
        shares = shares_of(payer_of(decision), states)
        for is_cancelled, expected in ((False, state), (True, "cancelled")):
            facts = ServiceFacts(decision, status, is_cancelled, shares, is_fee=True)
            assert service_state(facts) == expected


def partly_billed_rows():
    for row in PARTLY_BILLED.strip().split("\n"):
        *shares, completed, called_off = row.split()
        yield (
            tuple(ShareFacts(*share.split(":")) for share in shares),
            completed,
            called_off,
        )


@pytest.mark.parametrize("decision", ["client", "insurance"])
@pytest.mark.parametrize(
    ("shares", "completed", "called_off"), list(partly_billed_rows())
)
def test_a_split_service_waits_for_the_client_before_the_insurer(
    decision, shares, completed, called_off
):
    for order in permutations(shares):
        for status in (None, "completed"):
            facts = ServiceFacts(decision, status, False, order)
            assert service_state(facts) == completed
        for facts in (
            ServiceFacts(decision, "no_show", False, order),
            ServiceFacts(decision, "completed", True, order),
        ):
            assert service_state(facts) == called_off


@pytest.mark.parametrize(("states", "state"), list(BILLED.items()))
def test_what_has_been_billed_outweighs_everything_else(states, state):
    for order in permutations(states):
        for decision, status, is_cancelled in product(
            DECISIONS, STATUSES, (False, True)
        ):
            shares = shares_of(payer_of(decision), order)
            facts = ServiceFacts(decision, status, is_cancelled, shares)
            assert service_state(facts) == state


@pytest.mark.parametrize(
    ("is_write_off", "invoiced", "paid", "state"),
    [
        (True, 0, 0, "written_off"),
        (True, 12000, 12000, "written_off"),
        (False, 0, 0, "to_bill"),
        (False, -12000, 0, "to_bill"),
        (False, 12000, 0, "invoiced"),
        (False, 12000, 11999, "invoiced"),
        (False, 12000, 12000, "paid"),
        (False, 12000, 12001, "paid"),
    ],
)
def test_a_share_is_billed_and_paid_to_the_last_cent(
    is_write_off, invoiced, paid, state
):
    amounts = ShareAmounts(12000, invoiced, paid)
    assert billing_state.share_state(is_write_off, amounts) == state


@pytest.mark.parametrize(
    ("owed", "paid", "state"),
    [
        (12000, 0, "to_bill"),
        (12000, 11999, "to_bill"),
        (12000, 12000, "paid"),
        (0, 0, "to_bill"),
    ],
)
def test_a_share_that_is_settled_outside_needs_no_invoice(owed, paid, state):
    amounts = ShareAmounts(owed, invoiced=0, paid=paid)
    assert billing_state.share_state(False, amounts) == state


@pytest.mark.parametrize(
    ("invoiced", "paid", "state"),
    [(12000, 11999, "paid"), (12000, 12000, "paid"), (0, 0, "to_bill")],
)
def test_a_share_whose_invoices_are_settled_is_paid_but_for_rounding(
    invoiced, paid, state
):
    amounts = ShareAmounts(99999, invoiced, paid, is_settled=True)
    assert billing_state.share_state(False, amounts) == state


def test_an_appointment_without_services_has_no_state():
    assert billing_state.summary([]) is None


@given(st.lists(st.sampled_from(billing_state.BY_URGENCY), min_size=1))
def test_an_appointment_shows_the_service_that_needs_most_attention(states):
    order = (
        "to_invoice",
        "planned",
        "insurance",
        "invoiced",
        "paid",
        "no_charge",
        "cancelled",
    )
    assert billing_state.summary(states) == min(states, key=order.index)


@pytest.mark.parametrize("decision", ["client", "insurance"])
@pytest.mark.parametrize("status", [None, "planned", "completed"])
def test_what_is_given_away_is_no_charge(decision, status):
    facts = ServiceFacts(decision, status, False, (), is_given_away=True)
    assert service_state(facts) == billing_state.NO_CHARGE


def test_what_is_given_away_can_be_called_off():
    facts = ServiceFacts("client", "cancelled", False, (), is_given_away=True)
    assert service_state(facts) == billing_state.CANCELLED

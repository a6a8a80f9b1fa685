"""Every combination of facts has one state, read from a table."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules import billing_state
from clinic_invoicing.rules.billing_state import ServiceFacts, service_state

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
# Shares of which somebody has still to be billed: the service counts as not billed.
PARTLY_BILLED = (
    (),
    ("to_bill",),
    ("to_bill", "to_bill"),
    ("to_bill", "invoiced"),
    ("to_bill", "paid"),
    ("to_bill", "written_off"),
    ("to_bill", "invoiced", "paid"),
)
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


@pytest.mark.parametrize("shares", PARTLY_BILLED)
@pytest.mark.parametrize(
    ("decision", "status", "is_cancelled", "state"), list(not_billed_rows())
)
def test_a_service_that_is_not_billed_follows_its_appointment(
    decision, status, is_cancelled, state, shares
):
    facts = ServiceFacts(decision, status, is_cancelled, shares)
    assert service_state(facts) == state


@pytest.mark.parametrize(("shares", "state"), list(BILLED.items()))
def test_what_has_been_billed_outweighs_everything_else(shares, state):
    for order in permutations(shares):
        for decision, status, is_cancelled in product(
            DECISIONS, STATUSES, (False, True)
        ):
            facts = ServiceFacts(decision, status, is_cancelled, order)
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
    assert billing_state.share_state(is_write_off, invoiced, paid) == state


@pytest.mark.parametrize(
    ("invoiced", "paid", "state"),
    [(12000, 11999, "paid"), (12000, 12000, "paid"), (0, 0, "to_bill")],
)
def test_a_share_whose_invoices_are_settled_is_paid_but_for_rounding(
    invoiced, paid, state
):
    found = billing_state.share_state(False, invoiced, paid, is_settled=True)
    assert found == state


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

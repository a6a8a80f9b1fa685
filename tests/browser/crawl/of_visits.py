"""The appointment's form, its block on the calendar, and their dialogs."""

import itertools
from datetime import timedelta

from people import EDGE

from .rows import FROM_FRONT_DESK, presses

MODEL = "calendar.event"
FORM, BLOCK = "calendar_event_view_form", "appointment_popover"
CLOSING, PATIENTS = (
    "clinic_visit_closing_view_form",
    "clinic_session_patients_view_form",
)
# Where blocks stand beside each other, they are too narrow to be clicked. The days are
# in the middle of the week that the calendar shows, whatever the zone is.
FREE_TIMES = itertools.cycle(itertools.product(range(18, 23), range(1, 6)))


def opens_visit(hands):
    visit = hands.office.visit()
    hands.opens(MODEL, visit)
    return visit


def next_free_time(now):
    """Return another time in the evenings of this week each time."""
    hour, weekday = next(FREE_TIMES)
    # The week begins on Sunday.
    day = now + timedelta(days=weekday - now.isoweekday() % 7)
    return day.replace(hour=hour, minute=0, second=0)


def clicks_block(hands):
    """Click the block of a new visit on the calendar; return the visit."""
    start = next_free_time(hands.office.now())
    stop = start + timedelta(minutes=45)
    visit = hands.office.visit(start=f"{start}", stop=f"{stop}")
    hands.does("clinic_invoicing.calendar_event_action_clinic")
    block = hands.page.locator(f".fc-event[data-event-id='{visit}']")
    block.scroll_into_view_if_needed()
    block.click(position=EDGE)
    hands.sees(".o_cw_popover")
    return visit


# === THE FORM === #


@presses(f"{FORM}.action_clinic_complete_and_invoice", by=FROM_FRONT_DESK)
def a_visit_is_completed_and_invoiced(hands):
    visit = opens_visit(hands)
    hands.presses(f"{FORM}.action_clinic_complete_and_invoice")
    hands.arrives("/clinic/desk/pay/")
    return hands.reads(
        MODEL, visit, clinic_status="completed", clinic_billing_state="invoiced"
    )


@presses(f"{FORM}.action_clinic_invoice", by=FROM_FRONT_DESK)
def a_visit_is_invoiced_before(hands):
    visit = opens_visit(hands)
    hands.presses(f"{FORM}.action_clinic_invoice")
    hands.arrives("/clinic/desk/pay/")
    return hands.reads(
        MODEL, visit, clinic_status="planned", clinic_billing_state="invoiced"
    )


@presses(f"{FORM}.action_clinic_take_deposit", by=FROM_FRONT_DESK)
def a_deposit_is_taken(hands):
    visit = opens_visit(hands)
    hands.presses(f"{FORM}.action_clinic_take_deposit")
    return hands.arrives(f"/clinic/desk/deposit/{visit}")


@presses(
    f"{FORM}.action_clinic_complete", f"{FORM}.action_clinic_reopen", by=FROM_FRONT_DESK
)
def a_visit_is_completed_and_reopened(hands):
    visit = opens_visit(hands)
    hands.presses(f"{FORM}.action_clinic_complete")
    completed = hands.reads(MODEL, visit, clinic_status="completed")
    hands.presses(f"{FORM}.action_clinic_reopen")
    return f"{completed}; {hands.reads(MODEL, visit, clinic_status='planned')}"


@presses(
    f"{FORM}.action_clinic_no_show",
    f"{CLOSING}.cancel",
    f"{CLOSING}.action_confirm",
    by=FROM_FRONT_DESK,
)
def a_patient_did_not_come(hands):
    visit = opens_visit(hands)
    hands.discards(f"{FORM}.action_clinic_no_show", f"{CLOSING}.cancel")
    hands.presses(f"{FORM}.action_clinic_no_show")
    hands.types(waive=True, waiver_reason="Was ill")
    hands.presses(f"{CLOSING}.action_confirm")
    return hands.reads(MODEL, visit, clinic_status="no_show")


@presses(f"{FORM}.action_clinic_cancel_visit", by=FROM_FRONT_DESK)
def a_visit_is_cancelled(hands):
    visit = opens_visit(hands)
    hands.presses(f"{FORM}.action_clinic_cancel_visit")
    hands.presses(f"{CLOSING}.action_confirm")
    return hands.reads(MODEL, visit, clinic_status="cancelled")


# === GROUPS === #


@presses(
    f"{FORM}.action_clinic_add_patients",
    f"{PATIENTS}.cancel",
    f"{PATIENTS}.action_confirm",
    by=FROM_FRONT_DESK,
)
def patients_are_added(hands):
    visit = opens_visit(hands)
    other = hands.office.name("res.partner", hands.office.patient())
    hands.discards(f"{FORM}.action_clinic_add_patients", f"{PATIENTS}.cancel")
    hands.presses(f"{FORM}.action_clinic_add_patients")
    hands.types(patient_ids=other)
    hands.presses(f"{PATIENTS}.action_confirm")
    return hands.reads(MODEL, visit, clinic_patient_count=2)


@presses(f"{FORM}.action_absent", by=FROM_FRONT_DESK)
def one_of_a_group_did_not_come(hands):
    office = hands.office
    visit = office.visit()
    office.joins(visit, office.patient())
    hands.opens(MODEL, visit)
    hands.clicks("a[name=clinic_services]")
    hands.presses(f"{FORM}.action_absent", within=".o_data_row")
    hands.presses(f"{CLOSING}.action_confirm")
    (read,) = office.read(MODEL, [visit], ["clinic_service_ids"])
    services = office.read("clinic.service", read["clinic_service_ids"], ["attendance"])
    absent = [one for one in services if one["attendance"] == "no_show"]
    assert absent, services
    return hands.reads(MODEL, visit, clinic_status="planned") + ", one did not come"


# === THE BLOCK ON THE CALENDAR === #


@presses(f"{BLOCK}.action_clinic_complete_and_invoice", by=FROM_FRONT_DESK)
def a_block_is_completed_and_invoiced(hands):
    visit = clicks_block(hands)
    hands.presses(
        f"{BLOCK}.action_clinic_complete_and_invoice",
        selector=".o_clinic_complete_and_invoice",
    )
    hands.arrives("/clinic/desk/pay/")
    return hands.reads(MODEL, visit, clinic_billing_state="invoiced")


@presses(f"{BLOCK}.action_clinic_invoice", by=FROM_FRONT_DESK)
def a_block_is_invoiced(hands):
    visit = clicks_block(hands)
    hands.presses(
        f"{BLOCK}.action_clinic_invoice", selector=".o_clinic_invoice_appointment"
    )
    hands.arrives("/clinic/desk/pay/")
    return hands.reads(MODEL, visit, clinic_billing_state="invoiced")


@presses(f"{BLOCK}.action_clinic_take_deposit", by=FROM_FRONT_DESK)
def a_deposit_is_taken_from_the_block(hands):
    visit = clicks_block(hands)
    hands.presses(
        f"{BLOCK}.action_clinic_take_deposit", selector=".o_clinic_take_deposit"
    )
    return hands.arrives(f"/clinic/desk/deposit/{visit}")


@presses(f"{BLOCK}.action_clinic_no_show", by=FROM_FRONT_DESK)
def the_patient_of_a_block_did_not_come(hands):
    visit = clicks_block(hands)
    hands.presses(f"{BLOCK}.action_clinic_no_show", selector=".o_clinic_no_show")
    hands.presses(f"{CLOSING}.action_confirm")
    return hands.reads(MODEL, visit, clinic_status="no_show")


@presses(f"{BLOCK}.action_clinic_cancel_visit", by=FROM_FRONT_DESK)
def a_block_is_cancelled(hands):
    visit = clicks_block(hands)
    hands.presses(
        f"{BLOCK}.action_clinic_cancel_visit", selector=".o_clinic_cancel_visit"
    )
    hands.presses(f"{CLOSING}.action_confirm")
    return hands.reads(MODEL, visit, clinic_status="cancelled")

"""Programs and their registrations."""

from datetime import timedelta

from .rows import FROM_BILLER, FROM_FRONT_DESK, FROM_MANAGER, presses

FORM, REGISTRATION = "clinic_program_view_form", "clinic_program_registration_view_form"
MODEL = "clinic.program"


def program(office):
    """Return a program that nobody may register for yet."""
    start = office.now() + timedelta(days=30)
    return office.biller.creates(
        MODEL,
        name="Invented Course",
        rate_id=office.rate("Swimming for Backs (8 sessions)"),
        date_begin=f"{start}",
        date_end=f"{start + timedelta(hours=2)}",
        places=8,
    )


def registration(office, course):
    office.biller.calls(MODEL, "action_start_registration", [course])
    return office.frontdesk.creates(
        "clinic.program.registration", program_id=course, patient_id=office.patient()
    )


@presses(f"{FORM}.action_start_registration", f"{FORM}.action_close", by=FROM_BILLER)
def registration_is_opened_and_closed(hands):
    course = program(hands.office)
    hands.opens(MODEL, course)
    hands.presses(f"{FORM}.action_start_registration")
    opened = hands.reads(MODEL, course, state="open")
    hands.presses(f"{FORM}.action_close")
    return f"{opened}; {hands.reads(MODEL, course, state='closed')}"


@presses(f"{FORM}.action_cancel", by=FROM_MANAGER)
def a_program_is_called_off(hands):
    course = program(hands.office)
    registration(hands.office, course)
    hands.opens(MODEL, course)
    hands.presses(f"{FORM}.action_cancel")
    return hands.reads(MODEL, course, state="cancelled")


@presses(f"{FORM}.action_open_registrations", by=FROM_FRONT_DESK)
def the_registrations_are_opened(hands):
    course = program(hands.office)
    registration(hands.office, course)
    hands.opens(MODEL, course)
    hands.presses(f"{FORM}.action_open_registrations")
    return hands.shows("clinic.program.registration")


@presses(f"{FORM}.action_open_invoices", by=FROM_BILLER)
def the_invoices_of_a_program_are_opened(hands):
    course = program(hands.office)
    registration(hands.office, course)
    hands.opens(MODEL, course)
    hands.presses(f"{FORM}.action_open_invoices")
    return hands.shows("account.move")


@presses(f"{REGISTRATION}.action_cancel", by=FROM_FRONT_DESK)
def a_registration_is_cancelled(hands):
    booked = registration(hands.office, program(hands.office))
    hands.opens("clinic.program.registration", booked)
    hands.presses(f"{REGISTRATION}.action_cancel")
    return hands.reads("clinic.program.registration", booked, state="cancelled")

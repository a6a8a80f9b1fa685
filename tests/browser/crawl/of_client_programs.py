"""The client registers for programs, and thinks better of it."""

from people import PARENT

from .of_pages import PAYS
from .of_programs import program
from .rows import CLIENT, presses

PROGRAMS = "/my/programs"


def offers_program(office):
    """Offer a program to clients; return it."""
    course = program(office)
    office.biller.calls("clinic.program", "write", [course], {"is_published": True})
    office.biller.calls("clinic.program", "action_start_registration", [course])
    return course


@presses(
    "portal_program_offer.a",
    "portal_program_form.form",
    "portal_program_registration.a",
    "portal_breadcrumbs_programs.a",
    "portal_program_registration.a.2",
    "portal_program.a",
    by=(CLIENT,),
)
def a_client_registers(hands):
    course = offers_program(hands.office)
    page = f"{PROGRAMS}/{course}"
    hands.goes(PROGRAMS)
    hands.presses(
        "portal_program_offer.a", selector=f".o_clinic_program a[href='{page}']"
    )
    hands.arrives(page)
    hands.page.select_option("#clinic_patient", label=PARENT)
    hands.presses(
        "portal_program_form.form", selector=".o_clinic_register [type=submit]"
    )
    hands.arrives("/my/billing/pay")
    hands.goes(PROGRAMS)
    hands.presses(
        "portal_program_registration.a",
        selector=f".o_clinic_registration a[href='{page}']",
    )
    hands.arrives(page)
    hands.presses("portal_program.a", selector="a:has-text('See registrations')")
    hands.page.wait_for_url(lambda url: url.endswith(PROGRAMS))
    hands.goes(page)
    hands.presses(
        "portal_breadcrumbs_programs.a", selector=".breadcrumb a[href='/my/programs']"
    )
    hands.page.wait_for_url(lambda url: url.endswith(PROGRAMS))
    hands.presses(
        "portal_program_registration.a.2",
        within=f".o_clinic_registration:has(a[href='{page}'])",
        selector=".o_clinic_pay_registration",
    )
    hands.sees(PAYS)
    return registered(hands, course, "reserved")


@presses(
    "portal_program_registration.a.3",
    "portal_program_cancel.a",
    "portal_program_cancel.form",
    by=(CLIENT,),
)
def a_client_cancels(hands):
    office = hands.office
    course = offers_program(office)
    office.frontdesk.creates(
        "clinic.program.registration", program_id=course, patient_id=office.client_id
    )
    cancel = (
        f".o_clinic_registration:has(a[href='{PROGRAMS}/{course}']) .o_clinic_cancel"
    )
    hands.goes(PROGRAMS)
    hands.presses("portal_program_registration.a.3", selector=cancel)
    hands.presses("portal_program_cancel.a", selector="a:has-text('Keep it')")
    hands.page.wait_for_url(lambda url: url.endswith(PROGRAMS))
    hands.presses("portal_program_registration.a.3", selector=cancel)
    hands.presses("portal_program_cancel.form", selector="button.btn-danger")
    hands.page.wait_for_url(lambda url: url.endswith(PROGRAMS))
    return registered(hands, course, "cancelled")


def registered(hands, course, state):
    (booked,) = hands.office.admin.finds(
        "clinic.program.registration", ("program_id", "=", course)
    )
    return hands.reads("clinic.program.registration", booked, state=state)

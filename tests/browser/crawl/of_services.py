"""The Invoices page, the page of a service, and their dialogs."""

from .office import INSURED, INSURER
from .rows import FROM_BILLER, FROM_FRONT_DESK, FROM_MANAGER, presses

WORKLIST = "clinic_invoicing.clinic_service_action"
FORM, LIST = "clinic_service_view_form", "clinic_service_view_list"
FLIP, SPLIT = "clinic_service_flip_view_form", "clinic_service_split_view_form"
MOVE = "clinic_share_move_view_form"
RUN = "clinic_billing_run_view_form"


def opens_service(hands, **values):
    """Open the page of a new service of a patient who is insured."""
    service = hands.office.service(hands.office.patient(INSURER), **values)
    hands.opens("clinic.service", service)
    return service


def ticks_service(hands, service):
    """Tick a service on the Invoices page."""
    (read,) = hands.office.read("clinic.service", [service], ["patient_id"])
    hands.lists(WORKLIST, read["patient_id"][1])


def ticks_new_service(hands, **values):
    service = hands.office.service(hands.office.patient(INSURER), **values)
    ticks_service(hands, service)
    return service


# === FLIP AND SPLIT === #


@presses(
    f"{FORM}.action_flip_rate",
    f"{FLIP}.cancel",
    f"{FLIP}.action_confirm",
    by=FROM_BILLER,
)
def a_service_is_flipped(hands):
    service = opens_service(hands)
    hands.discards(f"{FORM}.action_flip_rate", f"{FLIP}.cancel")
    hands.presses(f"{FORM}.action_flip_rate")
    hands.types(reason="Insured after all")
    hands.presses(f"{FLIP}.action_confirm")
    return hands.reads("clinic.service", service, rate_id=hands.office.rate(INSURED))


@presses(f"{LIST}.action_flip_rate", by=FROM_BILLER)
def ticked_services_are_flipped(hands):
    service = ticks_new_service(hands)
    hands.presses(f"{LIST}.action_flip_rate")
    hands.presses(f"{FLIP}.action_confirm")
    return hands.reads("clinic.service", service, state="insurance")


@presses(
    f"{FORM}.action_split", f"{SPLIT}.cancel", f"{SPLIT}.action_confirm", by=FROM_BILLER
)
def a_service_is_split(hands):
    service = opens_service(hands)
    hands.discards(f"{FORM}.action_split", f"{SPLIT}.cancel")
    hands.presses(f"{FORM}.action_split")
    hands.types(cover="50", write_off="10")
    hands.presses(f"{SPLIT}.action_confirm")
    hands.reads("clinic.service", service, share_ids=lambda ids: len(ids) == 3)
    return owes(hands, service, insurer=35, patient=25, write_off=10)


@presses(f"{LIST}.action_split", by=FROM_BILLER)
def ticked_services_are_split(hands):
    service = ticks_new_service(hands)
    hands.presses(f"{LIST}.action_split")
    hands.types(cover="50")
    hands.presses(f"{SPLIT}.action_confirm")
    return owes(hands, service, insurer=35, patient=35)


@presses(
    f"{FORM}.action_move", f"{MOVE}.cancel", f"{MOVE}.action_confirm", by=FROM_BILLER
)
def a_share_is_moved(hands):
    service = opens_service(hands)
    hands.discards(f"{FORM}.action_move", f"{MOVE}.cancel")
    hands.presses(f"{FORM}.action_move")
    hands.types(amount="30", payer_type="An insurer", reason="Covered after all")
    hands.presses(f"{MOVE}.action_confirm")
    return owes(hands, service, insurer=30, patient=40)


def owes(hands, service, **expected):
    """Read who owes what of a service."""
    shares = hands.office.search_read(
        "clinic.service.share",
        [("service_id", "=", service), ("amount", "!=", 0)],
        ["payer_type", "amount"],
    )
    read = {share["payer_type"]: share["amount"] for share in shares}
    assert read == expected, f"{read}, not {expected}"
    return f"clinic.service {service}: {read}"


# === THE INSURER'S ANSWER === #


@presses(
    f"{FORM}.action_insurer_answered",
    "clinic_remittance_view_form.action_post",
    by=FROM_BILLER,
)
def an_insurer_has_paid(hands):
    service = opens_service(hands, rate=INSURED)
    hands.presses(f"{FORM}.action_insurer_answered")
    hands.presses("clinic_remittance_view_form.action_post")
    return hands.reads("clinic.service", service, state="paid")


@presses(f"{LIST}.action_insurer_answered", by=FROM_BILLER)
def an_insurer_has_paid_less(hands):
    service = ticks_new_service(hands, rate=INSURED)
    hands.presses(f"{LIST}.action_insurer_answered")
    hands.page.locator(".o_data_row td[name=paid]").click()
    hands.types(paid="60")
    hands.types(amount="60", invoice_clients=False)
    hands.presses("clinic_remittance_view_form.action_post")
    return owes(hands, service, insurer=60, patient=20)


# === INVOICING === #


@presses(
    f"{FORM}.action_invoice",
    f"{RUN}.cancel",
    f"{RUN}.action_start",
    by=FROM_BILLER,
)
def a_service_is_invoiced(hands):
    service = opens_service(hands)
    hands.discards(f"{FORM}.action_invoice", f"{RUN}.cancel")
    hands.presses(f"{FORM}.action_invoice")
    hands.presses(f"{RUN}.action_start")
    return hands.reads("clinic.service", service, state="invoiced")


@presses(f"{LIST}.action_invoice", by=FROM_BILLER)
def ticked_services_are_invoiced(hands):
    service = ticks_new_service(hands)
    hands.presses(f"{LIST}.action_invoice")
    hands.presses(f"{RUN}.action_start")
    return hands.reads("clinic.service", service, state="invoiced")


@presses(f"{FORM}.action_open_invoices", by=FROM_BILLER)
def the_invoices_of_a_service_are_opened(hands):
    opens_invoiced(hands)
    hands.presses(f"{FORM}.action_open_invoices")
    return hands.shows("account.move")


@presses(f"{LIST}.action_open_invoices", by=FROM_BILLER)
def the_invoices_of_ticked_services_are_opened(hands):
    ticks_invoiced(hands)
    hands.presses(f"{LIST}.action_open_invoices")
    return hands.shows("account.move")


@presses(f"{FORM}.action_mark_as_paid", by=FROM_BILLER)
def a_service_was_paid_elsewhere(hands):
    service = opens_invoiced(hands)
    hands.presses(f"{FORM}.action_mark_as_paid")
    hands.clicks("button[name=action_create_payments]")
    return hands.reads("clinic.service", service, state="paid")


@presses(f"{LIST}.action_mark_as_paid", by=FROM_BILLER)
def ticked_services_were_paid_elsewhere(hands):
    service = ticks_invoiced(hands)
    hands.presses(f"{LIST}.action_mark_as_paid")
    hands.clicks("button[name=action_create_payments]")
    return hands.reads("clinic.service", service, state="paid")


def opens_invoiced(hands):
    service = hands.office.service()
    hands.office.bills(service)
    hands.opens("clinic.service", service)
    return service


def ticks_invoiced(hands):
    service = hands.office.service()
    hands.office.bills(service)
    ticks_service(hands, service)
    return service


# === WHAT KEEPS IT FROM BEING INVOICED === #


@presses(f"{FORM}.action_why_not", by=FROM_FRONT_DESK)
def why_a_service_is_not_invoiced(hands):
    opens_service(hands, rate=INSURED)
    hands.presses(f"{FORM}.action_why_not")
    return hands.tells("billed to the insurer")


@presses(f"{LIST}.action_why_not", by=FROM_FRONT_DESK)
def why_a_service_in_the_list_is_not_invoiced(hands):
    ticks_new_service(hands, rate=INSURED)
    hands.presses(f"{LIST}.action_why_not", within=".o_data_row")
    return hands.tells("billed to the insurer")


@presses(f"{FORM}.action_approve", by=FROM_MANAGER)
def a_service_is_approved(hands):
    service = opens_service(hands, rate=needs_approval(hands.office))
    hands.presses(f"{FORM}.action_approve")
    return hands.reads("clinic.service", service, billing_obstacle=False)


@presses(f"{LIST}.action_approve", by=FROM_MANAGER)
def ticked_services_are_approved(hands):
    service = ticks_new_service(hands, rate=needs_approval(hands.office))
    hands.presses(f"{LIST}.action_approve")
    return hands.reads("clinic.service", service, billing_obstacle=False)


def needs_approval(office):
    """Return the name of a rate whose services a manager approves."""
    name = "Expert Opinion (invented)"
    if not office.biller.finds("product.product", ("name", "=", name)):
        office.manager.creates(
            "product.product",
            name=name,
            type="service",
            list_price=200,
            clinic_is_rate=True,
            clinic_is_invoiced=True,
            clinic_needs_approval=True,
        )
    return name


@presses(f"{FORM}.action_cancel", f"{FORM}.action_restore", by=FROM_FRONT_DESK)
def a_service_is_cancelled_and_restored(hands):
    service = opens_service(hands)
    hands.presses(f"{FORM}.action_cancel")
    cancelled = hands.reads("clinic.service", service, state="cancelled")
    hands.presses(f"{FORM}.action_restore")
    return f"{cancelled}; {hands.reads('clinic.service', service, state='to_invoice')}"


@presses("worklist.selectTab", by=FROM_FRONT_DESK)
def the_tabs_of_the_invoices_page_are_opened(hands):
    hands.lists(WORKLIST)
    tabs = hands.page.locator(".o_clinic_tabs [data-tab]")
    names = [tab.get_attribute("data-tab") for tab in tabs.all()]
    for name in names:
        hands.presses("worklist.selectTab", selector=f"[data-tab={name}]")
        hands.sees(f"[data-tab={name}].active")
    return f"shown: {', '.join(names)}"

"""Remittances: lines ticked, imported, posted, undone."""

from .office import INSURED, INSURER
from .rows import FROM_BILLER, FROM_MANAGER, presses

FORM = "clinic_remittance_view_form"
TICKS, FILE = (
    "clinic_remittance_services_view_form",
    "clinic_remittance_import_view_form",
)
MODEL = "clinic.remittance"
HEAD = "Date,Patient,Paid\n"


def owed(office):
    """Return a service that an insurer owes, and its share."""
    service = office.service(office.patient(INSURER), rate=INSURED)
    (read,) = office.read("clinic.service", [service], ["share_ids", "amount_due"])
    return service, read["share_ids"][0], read["amount_due"]


def draft(office, *lines, amount=0):
    """Return a remittance with these lines."""
    return office.biller.creates(
        MODEL,
        insurer_id=office.biller.named("res.partner", INSURER),
        amount=amount,
        line_ids=[[0, 0, line] for line in lines],
    )


@presses(
    f"{FORM}.action_add_services",
    f"{TICKS}.cancel",
    f"{TICKS}.action_add",
    by=FROM_BILLER,
)
def open_services_are_ticked(hands):
    owed(hands.office)
    remittance = draft(hands.office)
    hands.opens(MODEL, remittance)
    hands.discards(f"{FORM}.action_add_services", f"{TICKS}.cancel")
    hands.presses(f"{FORM}.action_add_services")
    hands.types(are_all_chosen=True)
    hands.presses(f"{TICKS}.action_add")
    return hands.reads(MODEL, remittance, line_ids=bool)


@presses(
    f"{FORM}.action_import",
    f"{FILE}.cancel",
    f"{FILE}.action_import",
    by=FROM_BILLER,
)
def a_file_is_imported(hands):
    service, _share, amount = owed(hands.office)
    (read,) = hands.office.read("clinic.service", [service], ["date", "patient_id"])
    row = f"{read['date']},{read['patient_id'][1]},{amount}\n"
    remittance = draft(hands.office)
    hands.opens(MODEL, remittance)
    hands.discards(f"{FORM}.action_import", f"{FILE}.cancel")
    hands.presses(f"{FORM}.action_import")
    hands.page.set_input_files(
        ".modal input[type=file]",
        {"name": "r.csv", "mimeType": "text/csv", "buffer": (HEAD + row).encode()},
    )
    hands.settles()
    hands.presses(f"{FILE}.action_import")
    return hands.reads(MODEL, remittance, line_ids=bool, problem_count=0)


@presses(f"{FILE}.action_template", by=FROM_BILLER)
def a_template_is_downloaded(hands):
    hands.opens(MODEL, draft(hands.office))
    hands.presses(f"{FORM}.action_import")
    return hands.downloads(f"{FILE}.action_template")


@presses(f"{FORM}.action_open_documents", by=FROM_BILLER)
def the_documents_of_a_remittance_are_opened(hands):
    office = hands.office
    _service, share, amount = owed(office)
    remittance = draft(
        office,
        {"share_id": share, "paid": amount - 20, "rest": "client"},
        amount=amount - 20,
    )
    office.biller.calls(MODEL, "action_post", [remittance])
    hands.opens(MODEL, remittance)
    hands.presses(f"{FORM}.action_open_documents")
    return hands.shows("account.move")


@presses(f"{FORM}.action_open_payment", by=FROM_BILLER)
def the_payment_of_a_remittance_is_opened(hands):
    remittance = posted_on_invoice(hands.office)
    hands.opens(MODEL, remittance)
    hands.presses(f"{FORM}.action_open_payment")
    return hands.shows("account.payment")


@presses(f"{FORM}.action_undo", f"{FORM}.action_reopen", by=FROM_MANAGER)
def a_remittance_is_undone_and_corrected(hands):
    remittance = posted_on_invoice(hands.office)
    hands.opens(MODEL, remittance)
    hands.presses(f"{FORM}.action_undo")
    undone = hands.reads(MODEL, remittance, state="undone", payment_id=False)
    hands.presses(f"{FORM}.action_reopen")
    return f"{undone}; {hands.reads(MODEL, remittance, state='draft')}"


def posted_on_invoice(office):
    """Return a posted remittance whose service was invoiced to the insurer."""
    _set_settlement(office, "invoice")
    try:
        service, share, amount = owed(office)
        office.bills(service)
        remittance = draft(office, {"share_id": share, "paid": amount}, amount=amount)
        office.biller.calls(MODEL, "action_post", [remittance])
    finally:
        _set_settlement(office, "outside")
    return remittance


def _set_settlement(office, settlement):
    values = {"clinic_insurer_settlement": settlement}
    office.admin.calls("res.company", "write", [1], values)

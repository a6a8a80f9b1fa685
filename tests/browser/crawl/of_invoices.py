"""Invoices and payments: undoing them, links, reminders, plans, documents."""

from .rows import FROM_BILLER, FROM_FRONT_DESK, FROM_MANAGER, presses

FORM, PAYMENT = "account_move_view_form", "account_payment_view_form"
VOID, REVERSAL = "clinic_invoice_void_view_form", "clinic_payment_reversal_view_form"
UNALLOCATED = "account_payment_view_list_unallocated"
LINK, LINKS = "clinic_payment_link_view_form", "clinic_payment_link_view_list"
PROPOSAL, PLAN = (
    "clinic_payment_plan_proposal_view_form",
    "clinic_payment_plan_view_form",
)
INVOICES = "account.action_move_out_invoice_type"


def opens_invoice(hands, paid=False):
    invoice = hands.office.invoice()
    if paid:
        hands.office.pays(invoice)
    hands.opens("account.move", invoice)
    return invoice


# === UNDOING === #


@presses(
    f"{FORM}.action_clinic_void",
    f"{VOID}.cancel",
    f"{VOID}.action_confirm",
    by=FROM_MANAGER,
)
def an_invoice_is_voided(hands):
    invoice = opens_invoice(hands)
    hands.discards(f"{FORM}.action_clinic_void", f"{VOID}.cancel")
    hands.presses(f"{FORM}.action_clinic_void")
    hands.types(reason="Billed by mistake")
    hands.presses(f"{VOID}.action_confirm")
    return hands.reads("account.move", invoice, payment_state="reversed")


@presses(
    f"{PAYMENT}.action_clinic_reverse_payment",
    f"{REVERSAL}.cancel",
    f"{REVERSAL}.action_confirm",
    by=FROM_MANAGER,
)
def a_payment_is_reversed(hands):
    invoice = hands.office.invoice()
    hands.opens("account.payment", hands.office.pays(invoice))
    hands.discards(f"{PAYMENT}.action_clinic_reverse_payment", f"{REVERSAL}.cancel")
    hands.presses(f"{PAYMENT}.action_clinic_reverse_payment")
    hands.types(reason="Typed by mistake")
    hands.presses(f"{REVERSAL}.action_confirm")
    return hands.reads("account.move", invoice, payment_state="not_paid")


@presses(f"{PAYMENT}.action_clinic_void", by=FROM_MANAGER)
def the_invoices_of_a_payment_are_voided(hands):
    invoice = hands.office.invoice()
    hands.opens("account.payment", hands.office.pays(invoice))
    hands.presses(f"{PAYMENT}.action_clinic_void")
    hands.types(reason="Billed by mistake")
    hands.presses(f"{VOID}.action_confirm")
    # Settled by the credit note; the money was given back.
    return hands.reads("account.move", invoice, payment_state="reversed")


@presses(f"{UNALLOCATED}.action_clinic_allocate", by=FROM_BILLER)
def money_is_allocated(hands):
    patient, invoice, _payment = owes_and_has_paid(hands.office)
    finds_unallocated(hands, patient)
    hands.presses(f"{UNALLOCATED}.action_clinic_allocate", within=".o_data_row")
    return is_paid(hands, invoice)


@presses("account_payment_view_form.action_clinic_allocate", by=FROM_BILLER)
def money_is_allocated_on_its_form(hands):
    _patient, invoice, payment = owes_and_has_paid(hands.office)
    hands.opens("account.payment", payment)
    hands.presses("account_payment_view_form.action_clinic_allocate")
    return is_paid(hands, invoice)


def owes_and_has_paid(office):
    """Return a patient, their invoice, and money that came after it and is open."""
    patient = office.patient()
    invoice = office.invoice(patient)
    return patient, invoice, office.prepays(patient)


def is_paid(hands, invoice):
    return hands.reads(
        "account.move",
        invoice,
        payment_state=lambda state: state in ("paid", "in_payment"),
    )


@presses(f"{UNALLOCATED}.action_clinic_reverse_payment", by=FROM_MANAGER)
def money_is_given_back(hands):
    patient = hands.office.patient()
    payment = hands.office.prepays(patient)
    finds_unallocated(hands, patient)
    hands.presses(f"{UNALLOCATED}.action_clinic_reverse_payment", within=".o_data_row")
    hands.types(mode="Give the money back now", reason="Paid twice")
    hands.presses(f"{REVERSAL}.action_confirm")
    return hands.reads("account.payment", payment, is_reconciled=True)


def finds_unallocated(hands, patient):
    hands.lists("clinic_invoicing.account_payment_action_unallocated")
    hands.searches(hands.office.name("res.partner", patient))


@presses(f"{FORM}.action_clinic_close_attempts", by=FROM_BILLER)
def attempts_to_pay_are_closed(hands):
    invoice = hands.office.begins_to_pay()
    hands.opens("account.move", invoice)
    hands.presses(f"{FORM}.action_clinic_close_attempts")
    return hands.reads("account.move", invoice, clinic_is_being_paid=False)


# === ASKING FOR MONEY === #


@presses(f"{FORM}.action_clinic_payment_link", f"{LINK}.action_send", by=FROM_BILLER)
def a_payment_link_is_made_and_sent(hands):
    invoice = opens_invoice(hands)
    hands.presses(f"{FORM}.action_clinic_payment_link")
    hands.presses(f"{LINK}.action_send")
    hands.tells("The link is on its way")
    return f"a link {link_of(hands, invoice)['display_name']} is on its way"


@presses(f"{LINK}.action_revoke", by=FROM_FRONT_DESK)
def a_link_is_revoked(hands):
    invoice = hands.office.invoice()
    hands.office.biller.calls("account.move", "action_clinic_payment_link", [invoice])
    link = link_of(hands, invoice)["id"]
    hands.opens("clinic.payment.link", link)
    hands.presses(f"{LINK}.action_revoke")
    return hands.reads("clinic.payment.link", link, state="revoked")


@presses(f"{LINKS}.action_revoke", by=FROM_FRONT_DESK)
def ticked_links_are_revoked(hands):
    patient = hands.office.patient()
    invoice = hands.office.invoice(patient)
    hands.office.biller.calls("account.move", "action_clinic_payment_link", [invoice])
    link = link_of(hands, invoice)["id"]
    hands.lists(
        "clinic_invoicing.clinic_payment_link_action",
        hands.office.name("res.partner", patient),
    )
    hands.presses(f"{LINKS}.action_revoke")
    return hands.reads("clinic.payment.link", link, state="revoked")


def link_of(hands, invoice):
    (link,) = hands.office.search_read(
        "clinic.payment.link", [("invoice_ids", "=", invoice)], ["display_name"]
    )
    return link


@presses("menu.account_move_action_payment_link", by=FROM_BILLER)
def a_payment_link_is_made_from_the_list(hands):
    invoice = ticks_invoice(hands)
    hands.chooses("menu.account_move_action_payment_link")
    hands.sees(".modal .o_form_view, .o_form_view")
    return f"a link {link_of(hands, invoice)['display_name']}"


@presses("account_move_view_form_reminding.action_clinic_remind", by=FROM_BILLER)
def a_reminder_is_sent(hands):
    invoice = opens_invoice(hands)
    hands.presses("account_move_view_form_reminding.action_clinic_remind")
    return hands.reads("account.move", invoice, clinic_reminded_on=bool)


@presses("menu.account_move_action_remind", by=FROM_BILLER)
def reminders_are_sent_from_the_list(hands):
    invoice = ticks_invoice(hands)
    hands.chooses("menu.account_move_action_remind")
    return hands.reads("account.move", invoice, clinic_reminded_on=bool)


def ticks_invoice(hands, paid=False):
    patient = hands.office.patient()
    invoice = hands.office.invoice(patient)
    if paid:
        hands.office.pays(invoice)
    hands.lists(INVOICES, hands.office.name("res.partner", patient))
    return invoice


# === PLANS === #


@presses(
    "menu.clinic_payment_plan_proposal_action",
    f"{PROPOSAL}.cancel",
    f"{PROPOSAL}.action_propose",
    f"{PLAN}.action_cancel",
    by=FROM_BILLER,
)
def a_plan_is_proposed_and_ended(hands):
    ticks_invoice(hands)
    hands.chooses("menu.clinic_payment_plan_proposal_action")
    hands.presses(f"{PROPOSAL}.cancel")
    hands.is_closed()
    # What was ticked is not ticked any more.
    invoice = ticks_invoice(hands)
    hands.chooses("menu.clinic_payment_plan_proposal_action")
    hands.types(number="2")
    hands.presses(f"{PROPOSAL}.action_propose")
    (plan,) = hands.office.admin.finds(
        "clinic.payment.plan", ("invoice_ids", "=", invoice)
    )
    proposed = hands.reads("clinic.payment.plan", plan, state="proposed")
    hands.presses(f"{PLAN}.action_cancel")
    return f"{proposed}; {hands.reads('clinic.payment.plan', plan, state='cancelled')}"


# === DOCUMENTS === #


@presses(f"{FORM}.action_clinic_receipt", by=FROM_BILLER)
def a_receipt_is_printed(hands):
    opens_invoice(hands, paid=True)
    return hands.downloads(f"{FORM}.action_clinic_receipt")


@presses("menu.account_move_report_receipt", by=FROM_BILLER)
def receipts_are_printed_from_the_list(hands):
    ticks_invoice(hands, paid=True)
    return hands.downloads(
        "menu.account_move_report_receipt", through=hands.chooses, menu="Print"
    )

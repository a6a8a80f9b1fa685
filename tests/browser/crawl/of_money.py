"""Money owed, statements, and what is charged by itself."""

from .rows import FROM_BILLER, FROM_FRONT_DESK, presses

AGING, DATE = "clinic_aging_view_list", "clinic_aging_date_view_form"
STATEMENT = "clinic_statement_view_form"
CONTACT = "res_partner_view_form"
CONTACTS = "clinic_invoicing.res_partner_action_patient"


def owing_patient(office):
    patient = office.patient()
    office.invoice(patient)
    return patient


# === MONEY OWED === #


@presses(f"{AGING}.action_open_items", by=FROM_BILLER)
def what_a_payer_owes_is_opened(hands):
    patient = owing_patient(hands.office)
    hands.lists("clinic_invoicing.clinic_aging_action")
    hands.searches(hands.office.name("res.partner", patient))
    hands.presses(f"{AGING}.action_open_items")
    return hands.shows("clinic.open.item")


@presses("clinic_open_item_view_list.action_open_document", by=FROM_BILLER)
def the_invoice_that_is_owed_is_opened(hands):
    owing_patient(hands.office)
    hands.lists("clinic_invoicing.clinic_open_item_action")
    hands.presses("clinic_open_item_view_list.action_open_document")
    return hands.shows("account.move")


@presses(
    f"{AGING}.clinic_aging_date_action",
    f"{DATE}.cancel",
    f"{DATE}.action_confirm",
    by=FROM_BILLER,
)
def money_owed_is_shown_as_of_another_date(hands):
    hands.lists("clinic_invoicing.clinic_aging_action")
    hands.discards(f"{AGING}.clinic_aging_date_action", f"{DATE}.cancel")
    hands.presses(f"{AGING}.clinic_aging_date_action")
    hands.presses(f"{DATE}.action_confirm")
    hands.sees(".o_breadcrumb, .breadcrumb", " on ")
    return hands.shows("clinic.aging")


@presses(f"{CONTACT}.action_clinic_money_owed", by=FROM_BILLER)
def what_a_contact_owes_is_opened(hands):
    hands.opens("res.partner", owing_patient(hands.office))
    hands.presses(f"{CONTACT}.action_clinic_money_owed")
    return hands.shows("clinic.aging")


@presses(f"{CONTACT}.clinic_service_action_patient", by=FROM_FRONT_DESK)
def the_services_of_a_contact_are_opened(hands):
    hands.opens("res.partner", owing_patient(hands.office))
    hands.presses(f"{CONTACT}.clinic_service_action_patient")
    return hands.shows("clinic.service")


# === STATEMENTS === #


@presses(
    f"{AGING}.action_statement",
    f"{STATEMENT}.cancel",
    f"{STATEMENT}.action_print",
    by=FROM_BILLER,
)
def a_statement_is_printed(hands):
    name = hands.office.name("res.partner", owing_patient(hands.office))
    hands.lists("clinic_invoicing.clinic_aging_action", name)
    hands.discards(f"{AGING}.action_statement", f"{STATEMENT}.cancel")
    # What was ticked is not ticked any more.
    hands.lists("clinic_invoicing.clinic_aging_action", name)
    hands.presses(f"{AGING}.action_statement")
    return hands.downloads(f"{STATEMENT}.action_print")


@presses(
    "menu.res_partner_action_statement", f"{STATEMENT}.action_send", by=FROM_BILLER
)
def a_statement_is_sent(hands):
    patient = owing_patient(hands.office)
    hands.lists(CONTACTS, hands.office.name("res.partner", patient))
    hands.chooses("menu.res_partner_action_statement")
    hands.presses(f"{STATEMENT}.action_send")
    return hands.tells("Statements sent: 1")


# === WHAT IS CHARGED BY ITSELF === #


@presses("clinic_scheduled_charge_view_form.action_cancel", by=FROM_BILLER)
def a_scheduled_charge_is_called_off(hands):
    office = hands.office
    plan = office.agrees_to_plan()
    (read,) = office.read("clinic.payment.plan", [plan], ["charge_ids"])
    charge = read["charge_ids"][0]
    hands.opens("clinic.scheduled.charge", charge)
    hands.presses("clinic_scheduled_charge_view_form.action_cancel")
    return hands.reads("clinic.scheduled.charge", charge, state="cancelled")


@presses("clinic_autopay_view_form.action_end", by=FROM_BILLER)
def autopay_is_ended_for_a_client(hands):
    autopay = hands.office.agrees_to_autopay()
    hands.opens("clinic.autopay", autopay)
    hands.presses("clinic_autopay_view_form.action_end")
    return hands.reads("clinic.autopay", autopay, active=False)


@presses(
    "clinic_autopay_view_form.action_resume",
    "clinic_payment_plan_view_form.action_resume",
    "payment_token_view_form_barred.action_clinic_allow_agreements",
    by=FROM_BILLER,
)
def what_a_dispute_has_paused_is_resumed(hands):
    office = hands.office
    intent = office.charges(office.invoice(office.client_id))
    agreements = {
        "clinic_autopay_view_form": ("clinic.autopay", office.agrees_to_autopay()),
        "clinic_payment_plan_view_form": (
            "clinic.payment.plan",
            office.agrees_to_plan(),
        ),
    }
    hands.stripe.create_dispute(intent)
    for view, (model, agreement) in agreements.items():
        paused = [("id", "=", agreement), ("pause_reason", "=", "disputed")]
        office.waits(
            lambda model=model, paused=paused: office.admin.finds(model, *paused)
        )
        if model == "clinic.autopay":
            _allows_card(hands, agreement)
        hands.opens(model, agreement)
        hands.presses(f"{view}.action_resume")
        hands.reads(model, agreement, pause_reason=False)
    (autopay,) = (
        each for model, each in agreements.values() if model == "clinic.autopay"
    )
    office.biller.calls("clinic.autopay", "action_end", [autopay])
    return "autopay and plan are resumed"


def _allows_card(hands, autopay):
    """Let the card of an agreement be agreed to anew, on the card's own form."""
    (read,) = hands.office.read("clinic.autopay", [autopay], ["token_id"])
    card = read["token_id"][0]
    hands.opens("payment.token", card)
    hands.presses("payment_token_view_form_barred.action_clinic_allow_agreements")
    hands.reads("payment.token", card, clinic_is_barred=False)

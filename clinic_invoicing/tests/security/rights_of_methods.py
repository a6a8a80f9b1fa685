"""Which public methods of ours who may call, and why."""

from .rights_words import ACCOUNTING, BILLERS, DESK, MANAGERS, may

BY_CORE = "As Core: whoever invoices."
CORRECTS = may(ACCOUNTING, "Who corrects an invoice closes what stands in the way.")
UNDOES = may(MANAGERS, "They undo mistakes.")
BILLS = may(BILLERS, "They decide what is billed, and to whom.")
COLLECTS = may(BILLERS, "They collect what is owed.")
KEEPS_VISITS = may(DESK, "The desk keeps the visits.")
RECORDS = may(BILLERS, "They record what insurers have paid.")
RUNS = may(BILLERS, "They run the billing.")
PLANS = may(BILLERS, "They plan what is offered.")

METHODS = {
    "account.move": {
        "action_clinic_close_attempts": CORRECTS,
        "action_clinic_payment_link": may(DESK, "The desk hands out links."),
        "action_clinic_receipt": may(
            ACCOUNTING, "Who reads an invoice may prove that it is paid."
        ),
        "action_clinic_remind": COLLECTS,
        "action_clinic_void": UNDOES,
        "button_cancel": may(ACCOUNTING, BY_CORE),
        "button_draft": may(ACCOUNTING, BY_CORE),
        "js_assign_outstanding_line": may(ACCOUNTING, BY_CORE),
        "js_remove_outstanding_partial": may(ACCOUNTING, BY_CORE),
    },
    "account.move.line": {
        "action_unreconcile_match_entries": may(ACCOUNTING, BY_CORE),
    },
    "account.move.reversal": {
        "reverse_moves": may(ACCOUNTING, BY_CORE),
    },
    "account.payment": {
        "action_clinic_allocate": may(ACCOUNTING, "Who books payments says for what."),
        "action_clinic_reverse_payment": UNDOES,
        "action_clinic_void": UNDOES,
        "action_post": may(ACCOUNTING, BY_CORE),
    },
    "account.payment.register": {
        "action_create_payments": may(ACCOUNTING, BY_CORE),
    },
    "calendar.event": {
        "action_clinic_add_patients": KEEPS_VISITS,
        "action_clinic_cancel_visit": KEEPS_VISITS,
        "action_clinic_complete": KEEPS_VISITS,
        "action_clinic_complete_and_invoice": KEEPS_VISITS,
        "action_clinic_invoice": KEEPS_VISITS,
        "action_clinic_no_show": KEEPS_VISITS,
        "action_clinic_reopen": KEEPS_VISITS,
        "action_clinic_take_deposit": may(DESK, "The desk takes money."),
    },
    "clinic.aging": {"action_open_items": COLLECTS, "action_statement": COLLECTS},
    "clinic.aging.date": {"action_confirm": COLLECTS},
    "clinic.autopay": {
        "action_end": may(BILLERS, "For clients who ask by phone."),
        "action_resume": COLLECTS,
    },
    "clinic.billing.run": {
        "action_cancel": RUNS,
        "action_open_invoices": RUNS,
        "action_pause": RUNS,
        "action_resume": RUNS,
        "action_retry": RUNS,
        "action_start": RUNS,
        "action_undo": UNDOES,
    },
    "clinic.invoice.void": {"action_confirm": UNDOES},
    "clinic.open.item": {"action_open_document": COLLECTS},
    "clinic.payment.link": {
        "action_revoke": may(DESK, "Who hands out links takes them back."),
        "action_send": may(DESK, "The desk hands out links."),
    },
    "clinic.payment.plan": {"action_cancel": COLLECTS, "action_resume": COLLECTS},
    "clinic.payment.plan.proposal": {"action_propose": COLLECTS},
    "clinic.payment.reversal": {"action_confirm": UNDOES},
    "clinic.program": {
        "action_cancel": may(MANAGERS, "All money goes back."),
        "action_close": PLANS,
        "action_open_invoices": COLLECTS,
        "action_open_registrations": may(DESK, "The desk registers clients."),
        "action_start_registration": PLANS,
    },
    "clinic.program.registration": {
        "action_cancel": may(DESK, "For clients who call; what is paid goes back."),
    },
    "clinic.remittance": {
        "action_add_services": RECORDS,
        "action_import": RECORDS,
        "action_open_documents": RECORDS,
        "action_open_payment": RECORDS,
        "action_post": RECORDS,
        "action_reopen": RECORDS,
        "action_undo": UNDOES,
    },
    "clinic.remittance.import": {"action_import": RECORDS, "action_template": RECORDS},
    "clinic.remittance.services": {"action_add": RECORDS},
    "clinic.scheduled.charge": {"action_cancel": COLLECTS},
    "clinic.service": {
        "action_absent": KEEPS_VISITS,
        "action_approve": may(MANAGERS, "They answer for what is billed."),
        "action_cancel": may(DESK, "The desk drops what was booked by mistake."),
        "action_flip_rate": BILLS,
        "action_insurer_answered": BILLS,
        "action_invoice": may(DESK, "It opens a dialog that only billers fill in."),
        "action_mark_as_paid": COLLECTS,
        "action_open_invoices": COLLECTS,
        "action_restore": may(DESK, "Who drops it takes it back."),
        "action_split": BILLS,
        "action_why_not": may(DESK, "It only tells what is missing."),
        "get_tab_counts": may(DESK, "It counts what they may read."),
    },
    "clinic.service.flip": {"action_confirm": BILLS},
    "clinic.service.share": {"action_move": BILLS},
    "clinic.service.split": {"action_confirm": BILLS},
    "clinic.session.patients": {"action_confirm": KEEPS_VISITS},
    "clinic.share.move": {"action_confirm": BILLS},
    "clinic.statement": {"action_print": COLLECTS, "action_send": COLLECTS},
    "clinic.visit.closing": {"action_confirm": KEEPS_VISITS},
    "payment.token": {"action_clinic_allow_agreements": COLLECTS},
    "res.partner": {
        "action_clinic_money_owed": COLLECTS,
        "action_clinic_statement": COLLECTS,
    },
}

FOREIGN = {
    ("clinic.statement", "action_print"): may(
        "other_biller other_manager", "It tells what is owed to their own company."
    ),
    ("clinic.statement", "action_send"): may(
        "other_biller other_manager", "It tells what is owed to their own company."
    ),
    ("clinic.service", "get_tab_counts"): may(
        "other_front_desk other_biller other_manager", "It counts their own."
    ),
    ("clinic.aging.date", "action_confirm"): may(
        "other_biller other_manager", "It opens a list of their own."
    ),
    ("res.partner", "action_clinic_money_owed"): may(
        "other_biller other_manager", "It opens a list of what their company is owed."
    ),
    ("res.partner", "action_clinic_statement"): may(
        "other_biller other_manager",
        "Contacts are shared; a statement is of their own.",
    ),
}

"""Which models of ours who reads, makes, changes and deletes, and why."""

from .rights_words import ADMINISTRATORS, BILLERS, DESK, MANAGERS, may

NO_ONE = may("", "Nobody: Odoo keeps it.")


def _kept_by_odoo(readers, why):
    """Return the cells of what is read, and written by our own code alone."""
    return {
        "read": may(readers, why),
        "create": NO_ONE,
        "write": NO_ONE,
        "unlink": NO_ONE,
    }


def _dialog(roles, why):
    """Return the cells of a dialog, which is read by who has opened it."""
    return {
        "read": may(roles, why),
        "create": may(roles, why),
        "write": may(roles, why),
        "unlink": NO_ONE,
    }


def _line(roles, why):
    return {**_dialog(roles, why), "unlink": may(roles, why)}


LISTED = "What is listed there can be looked up; it is made by the engine."

MODELS = {
    # === SERVICES === #
    "clinic.service": {
        "read": may(DESK, "The desk books what billers invoice."),
        "create": may(DESK, "What is rendered is recorded at the desk."),
        "write": may(DESK, "A visit changes until it is billed."),
        "unlink": may(BILLERS, "Who reviews the worklist drops what is not billed."),
    },
    "clinic.service.share": {
        "read": may(DESK, "The desk tells clients what they owe."),
        "create": may(DESK, "Each service that is recorded comes with its share."),
        "copy": may(BILLERS, "A copy says who owes what."),
        "write": NO_ONE,
        "unlink": NO_ONE,
    },
    "clinic.share.allocation": _kept_by_odoo(
        BILLERS, "Who collects sees what money was meant for."
    ),
    "clinic.share.settlement": {
        "read": may(DESK, "It is why nothing is owed any more."),
        "create": may(BILLERS, "They enter what insurers have paid."),
        "write": NO_ONE,
        "unlink": may(MANAGERS, "They undo mistakes."),
    },
    # === REMITTANCES === #
    "clinic.remittance": {
        "read": may(BILLERS, "They enter what insurers say."),
        "create": may(BILLERS, "They enter what insurers say."),
        "write": may(BILLERS, "They enter what insurers say, until it is posted."),
        "unlink": may(BILLERS, "They drop what is not posted."),
    },
    "clinic.remittance.handover": _kept_by_odoo(
        BILLERS, "Who answers for a remittance sees what it has moved."
    ),
    "clinic.remittance.line": {
        "read": may(BILLERS, "They enter what insurers say."),
        "create": may(BILLERS, "They enter what insurers say."),
        "write": may(BILLERS, "They enter what insurers say, until it is posted."),
        "unlink": may(BILLERS, "They drop what is not posted."),
    },
    # === BILLING RUNS === #
    "clinic.billing.run": {
        "read": may(BILLERS, "It is their work."),
        "create": may(BILLERS, "It is their work."),
        "write": may(BILLERS, "They choose date and grouping before the start."),
        "unlink": may(MANAGERS, "They tidy up."),
    },
    "clinic.billing.run.chunk": _kept_by_odoo(BILLERS, LISTED),
    "clinic.billing.run.item": _kept_by_odoo(BILLERS, LISTED),
    # === PROGRAMS === #
    "clinic.program": {
        "read": may(DESK, "The desk registers clients who call."),
        "create": may(BILLERS, "They plan what is offered."),
        "write": may(BILLERS, "They plan what is offered."),
        "unlink": may(MANAGERS, "They tidy up."),
    },
    "clinic.program.registration": {
        "read": may(DESK, "The desk registers clients who call."),
        "create": may(DESK, "The desk registers clients who call."),
        "write": may(BILLERS, "Activities and messages; all fields are fixed."),
        "unlink": NO_ONE,
    },
    # === WHAT IS OWED === #
    "clinic.aging": _kept_by_odoo(BILLERS, "Who collects looks up who owes what."),
    "clinic.former.allocation": _kept_by_odoo(
        BILLERS, "Who answers for payments sees what went back of which invoice."
    ),
    "clinic.open.item": _kept_by_odoo(BILLERS, "Who collects looks up who owes what."),
    "clinic.reminder": _kept_by_odoo(BILLERS, "Who collects sees what was sent."),
    "clinic.reminder.line": _kept_by_odoo(BILLERS, "Who collects sees what was sent."),
    "clinic.payment.link": _kept_by_odoo(
        DESK, "The desk hands out links and QR codes."
    ),
    "clinic.autopay": _kept_by_odoo(BILLERS, "What clients agreed to is looked up."),
    "clinic.payment.plan": _kept_by_odoo(BILLERS, "What was agreed is looked up."),
    "clinic.scheduled.charge": _kept_by_odoo(BILLERS, "What will be charged is seen."),
    # === DIALOGS === #
    "clinic.aging.date": _dialog(BILLERS, "Looking up."),
    "clinic.invoice.void": _dialog(MANAGERS, "They undo mistakes."),
    "clinic.payment.plan.proposal": _dialog(BILLERS, "They agree on instalments."),
    "clinic.payment.reversal": _dialog(MANAGERS, "They undo mistakes."),
    "clinic.remittance.import": _dialog(BILLERS, "They enter what insurers say."),
    "clinic.remittance.services": _dialog(BILLERS, "They enter what insurers say."),
    "clinic.remittance.services.line": _line(BILLERS, "They enter what insurers say."),
    "clinic.service.flip": _dialog(BILLERS, "They decide who is billed."),
    "clinic.service.flip.line": _line(BILLERS, "They decide who is billed."),
    "clinic.service.split": _dialog(BILLERS, "They decide who is billed."),
    "clinic.session.patients": _dialog(DESK, "The desk books groups."),
    "clinic.share.move": _dialog(BILLERS, "They decide who is billed."),
    "clinic.statement": _dialog(BILLERS, "They send statements."),
    "clinic.visit.closing": _dialog(DESK, "The desk notes who did not come."),
    # === OF ODOO === #
    "product.template": {
        "read": may(f"{DESK} accountant employee administrator", "As Core.")
    },
    "res.company": {"write": may(ADMINISTRATORS, "They hold the settings.")},
}

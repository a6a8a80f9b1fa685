"""Billing runs: what is still to be done, and what went wrong."""

from .rows import FROM_BILLER, FROM_MANAGER, presses

RUN = "clinic_billing_run_view_form"
MODEL = "clinic.billing.run"
MORE_THAN_AT_ONCE = 101


def large_run(office):
    """Return a run that goes on in the background, while no worker is at it."""
    patient = office.patient()
    values = {"rate_id": office.rate("Back School (Group)"), "patient_id": patient}
    services = office.biller.calls(
        "clinic.service", "create", [values] * MORE_THAN_AT_ONCE
    )
    return started(office, services)


def started(office, services):
    run = office.biller.creates(MODEL, service_ids=[[6, 0, services]])
    office.biller.calls(MODEL, "action_start", [run])
    return run


@presses(
    f"{RUN}.action_pause",
    f"{RUN}.action_resume",
    f"{RUN}.action_cancel",
    by=FROM_BILLER,
)
def a_large_run_is_paused_resumed_and_cancelled(hands):
    with hands.office.without_jobs("ir_cron_billing_run_%"):
        run = large_run(hands.office)
        hands.opens(MODEL, run)
        hands.presses(f"{RUN}.action_pause")
        effects = [hands.reads(MODEL, run, state="paused")]
        hands.presses(f"{RUN}.action_resume")
        effects.append(hands.reads(MODEL, run, state="running"))
        hands.presses(f"{RUN}.action_cancel")
        effects.append(hands.reads(MODEL, run, state="cancelled"))
    return "; ".join(effects)


@presses(f"{RUN}.action_retry", by=FROM_BILLER)
def a_run_that_failed_is_tried_again(hands):
    office = hands.office
    service = office.service()
    office.biller.calls("clinic.service", "write", [service], {"price_unit": 0})
    run = started(office, [service])
    hands.opens(MODEL, run)
    office.biller.calls("clinic.service", "write", [service], {"price_unit": 70})
    hands.presses(f"{RUN}.action_retry")
    return hands.reads(MODEL, run, state="done")


@presses(f"{RUN}.action_open_invoices", by=FROM_BILLER)
def the_invoices_of_a_run_are_opened(hands):
    run = started(hands.office, [hands.office.service()])
    hands.opens(MODEL, run)
    hands.presses(f"{RUN}.action_open_invoices")
    return hands.shows("account.move")


@presses(f"{RUN}.action_undo", by=FROM_MANAGER)
def a_run_is_undone(hands):
    service = hands.office.service()
    run = started(hands.office, [service])
    hands.opens(MODEL, run)
    hands.presses(f"{RUN}.action_undo")
    return hands.reads("clinic.service", service, state="to_invoice")


@presses(f"{RUN}.cancel.2", by=FROM_BILLER)
def a_run_that_is_over_is_closed(hands):
    """Its dialog goes on showing it; this is how people leave it."""
    run = started(hands.office, [hands.office.service()])
    hands.does(
        {
            "type": "ir.actions.act_window",
            "res_model": MODEL,
            "res_id": run,
            "views": [[False, "form"]],
            "target": "new",
        }
    )
    hands.presses(f"{RUN}.cancel.2")
    return hands.is_closed()

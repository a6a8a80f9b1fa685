"""Several people press at once: real transactions, real commits."""

from collections import Counter
from contextlib import closing
from functools import partial

import pytest
from practices import PRICE, Attempts, at_once, pay_in_cash, start_run

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying

# === WHAT PEOPLE DO === #


def complete_and_invoice(event_id, env):
    event = env["calendar.event"].browse(event_id)
    return event.action_clinic_complete_and_invoice()


def pay_online(invoice_id, env):
    """Start to pay all that is owed, and let the money arrive at once."""
    # sudo: as the portal's controller, which has checked who pays.
    invoice = env(su=True)["account.move"].browse(invoice_id)
    invoice._clinic_start_online_payment(PRICE, invoice.currency_id)
    provider = invoice.env["payment.provider"].search([], limit=1)
    tx = invoice.env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": invoice.env.ref("payment.payment_method_unknown").id,
            "amount": PRICE,
            "currency_id": invoice.currency_id.id,
            "partner_id": invoice.partner_id.id,
            "invoice_ids": [Command.set(invoice.ids)],
            "operation": "online_direct",
            "reference": f"{invoice.name}-{len(invoice.transaction_ids)}",
        }
    )
    return tx.id


def bills_by_service(practice, service_ids):
    """Return on how many invoice lines each service stands, read afresh."""

    def read(env):
        lines = env["account.move.line"].search(
            [
                ("clinic_service_id", "in", service_ids),
                ("parent_state", "!=", "cancel"),
            ]
        )
        assert set(lines.mapped("parent_state")) <= {"posted"}
        return Counter(line.clinic_service_id.id for line in lines)

    return practice.run("manager", read)


def assert_each_is_billed_once(practice, service_ids):
    assert bills_by_service(practice, service_ids) == dict.fromkeys(service_ids, 1)


def read_run(practice, run_id):
    def read(env):
        run = env["clinic.billing.run"].browse(run_id)
        return run.state, len(run.invoice_ids), len(run.error_ids)

    return practice.run("manager", read)


# === TWO BILLERS === #


def test_second_biller_is_told_while_the_first_is_at_it(practice):
    services = practice.create_services(3)
    first, second = practice.create_run(services), practice.create_run(services)
    env = practice.transaction("biller")
    with closing(env.cr):
        start_run(first, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is invoicing"):
            practice.run("other_biller", partial(start_run, second))
        env.cr.commit()
    assert_each_is_billed_once(practice, services)
    # Whoever presses again finds everything done.
    practice.run("other_biller", partial(start_run, second))
    assert read_run(practice, second) == ("failed", 0, 3)
    assert_each_is_billed_once(practice, services)


def test_second_biller_with_an_older_view_finds_nothing_to_invoice(practice):
    services = practice.create_services(3)
    first, second = practice.create_run(services), practice.create_run(services)
    env = practice.transaction("other_biller")
    with closing(env.cr):
        # The page was read when everything was still to be invoiced.
        states = env["clinic.service"].browse(services).mapped("state")
        assert states == ["to_invoice"] * 3
        practice.run("biller", partial(start_run, first))
        attempts = Attempts(partial(start_run, second))
        retrying(partial(attempts, env), env)
        env.cr.commit()
    # PostgreSQL itself has refused the first attempt.
    assert attempts.number > 1
    assert read_run(practice, first) == ("done", 3, 0)
    assert read_run(practice, second) == ("failed", 0, 3)
    assert_each_is_billed_once(practice, services)


def test_one_run_started_twice_bills_once(practice):
    services = practice.create_services(2)
    run = practice.create_run(services)
    outcomes = at_once(
        practice,
        ("biller", partial(start_run, run)),
        ("other_biller", partial(start_run, run)),
    )
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(errors) == 1
    assert isinstance(errors[0], UserError)
    assert read_run(practice, run) == ("done", 2, 0)
    assert_each_is_billed_once(practice, services)


def test_two_billers_pressing_at_once_bill_each_service_once(practice):
    services = practice.create_services(4)
    # Overlapping selections, ticked in opposite orders.
    runs = practice.create_run(services[:3]), practice.create_run(services[:0:-1])
    outcomes = at_once(
        practice,
        ("biller", partial(start_run, runs[0])),
        ("other_biller", partial(start_run, runs[1])),
    )
    for run, outcome in zip(runs, outcomes, strict=True):
        if isinstance(outcome, Exception):
            assert isinstance(outcome, UserError), outcome
            practice.run("biller", partial(start_run, run))
    assert_each_is_billed_once(practice, services)


def test_two_billers_with_different_services_both_succeed(practice):
    services = practice.create_services(4)
    runs = practice.create_run(services[:2]), practice.create_run(services[2:])
    at_once(
        practice,
        ("biller", partial(start_run, runs[0])),
        ("other_biller", partial(start_run, runs[1])),
    )
    assert [read_run(practice, run) for run in runs] == [("done", 2, 0)] * 2
    assert_each_is_billed_once(practice, services)
    names = practice.run(
        "manager",
        lambda env: env["clinic.service"].browse(services).invoice_ids.mapped("name"),
    )
    assert len(set(names)) == 4


# === FRONT DESK AND BILLER === #


def test_front_desk_is_told_while_a_biller_is_at_it(practice):
    event, services = practice.create_visit()
    run = practice.create_run(services)
    env = practice.transaction("biller")
    with closing(env.cr):
        start_run(run, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is invoicing"):
            practice.run("front_desk", partial(complete_and_invoice, event))
        env.cr.commit()
    notice = practice.run("front_desk", partial(complete_and_invoice, event))
    assert "invoiced already" in notice["params"]["message"]
    assert_each_is_billed_once(practice, services)


def test_biller_is_told_while_the_front_desk_is_at_it(practice):
    event, services = practice.create_visit()
    run = practice.create_run(services)
    env = practice.transaction("front_desk")
    with closing(env.cr):
        complete_and_invoice(event, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is invoicing"):
            practice.run("biller", partial(start_run, run))
        env.cr.commit()
    practice.run("biller", partial(start_run, run))
    assert read_run(practice, run) == ("failed", 0, 1)
    assert_each_is_billed_once(practice, services)


def test_front_desk_and_biller_pressing_at_once_bill_the_visit_once(practice):
    event, services = practice.create_visit()
    run = practice.create_run(services)
    outcomes = at_once(
        practice,
        ("front_desk", partial(complete_and_invoice, event)),
        ("biller", partial(start_run, run)),
    )
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, UserError)
    assert_each_is_billed_once(practice, services)


# === A PATIENT WHO DID NOT COME === #


def charge_fees(practice, event):
    """Plan the visit, and charge what a patient who does not come owes."""

    def plan(env):
        # sudo: fees are set by the administrator.
        env.company.sudo().clinic_no_show_rate_id = practice.rate
        env["calendar.event"].browse(event).action_clinic_reopen()

    practice.run("manager", plan)


def close_visit(event_id, env):
    event = env["calendar.event"].browse(event_id)
    # What the dialog shows is read before it is confirmed.
    return event._clinic_close("no_show", event._clinic_get_expected()).ids


def read_visit(practice, event_id):
    """Return the status of the visit, how many fees it cost, and for how many lines."""

    def read(env):
        event = env["calendar.event"].browse(event_id)
        fees = event.clinic_service_ids.filtered("is_fee")
        lines = env["account.move.line"].search(
            [("clinic_service_id.event_id", "=", event_id)]
        )
        return event.clinic_status, len(fees), len(lines)

    return practice.run("manager", read)


def test_second_to_close_a_visit_is_told_while_the_first_is_at_it(practice):
    event, _services = practice.create_visit()
    charge_fees(practice, event)
    env = practice.transaction("front_desk")
    with closing(env.cr):
        close_visit(event, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is changing"):
            practice.run("biller", partial(close_visit, event))
        env.cr.commit()
    with pytest.raises(UserError, match="is already: No-show"):
        practice.run("biller", partial(close_visit, event))
    assert read_visit(practice, event) == ("no_show", 1, 0)


def test_two_who_close_a_visit_at_once_charge_one_fee(practice):
    event, _services = practice.create_visit()
    charge_fees(practice, event)
    outcomes = at_once(
        practice,
        ("front_desk", partial(close_visit, event)),
        ("biller", partial(close_visit, event)),
    )
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(errors) == 1
    assert isinstance(errors[0], UserError)
    assert read_visit(practice, event) == ("no_show", 1, 0)


def test_closing_and_completing_a_visit_at_once_is_one_of_both(practice):
    event, _services = practice.create_visit()
    charge_fees(practice, event)
    outcomes = at_once(
        practice,
        ("front_desk", partial(close_visit, event)),
        ("biller", partial(complete_and_invoice, event)),
    )
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, UserError)
    assert read_visit(practice, event) in (("no_show", 1, 0), ("completed", 0, 1))


# === TWO PAYERS === #


def count_attempts(practice, invoice):
    return practice.run(
        "manager",
        lambda env: len(env["account.move"].browse(invoice).sudo().transaction_ids),
    )


def test_second_payer_is_told_while_the_first_starts_to_pay(practice):
    invoice = practice.create_bill()
    env = practice.transaction("manager")
    with closing(env.cr):
        pay_online(invoice, env)
        env.flush_all()
        with pytest.raises(UserError, match="being paid in another window"):
            practice.run("biller", partial(pay_online, invoice))
        env.cr.commit()
    assert count_attempts(practice, invoice) == 1


def test_second_payer_with_an_older_view_sees_that_it_is_paid(practice):
    invoice = practice.create_bill()
    env = practice.transaction("biller")
    with closing(env.cr):
        assert env["account.move"].browse(invoice).amount_residual == PRICE
        # The other window is through: the money has arrived.
        practice.run("manager", partial(pay_in_cash, invoice))
        attempts = Attempts(partial(pay_online, invoice))
        with pytest.raises(UserError, match="already been paid"):
            retrying(partial(attempts, env), env)
    assert attempts.number > 1
    assert count_attempts(practice, invoice) == 0


def test_second_payer_with_an_older_view_sees_the_attempt_of_the_first(practice):
    invoice = practice.create_bill()
    env = practice.transaction("biller")
    with closing(env.cr):
        assert not env["account.move"].browse(invoice).sudo().transaction_ids
        practice.run("manager", partial(pay_online, invoice))
        seen = []

        def pay(env):
            move = env["account.move"].browse(invoice).sudo()
            move._clinic_start_online_payment(PRICE, move.currency_id)
            seen.append(len(move.transaction_ids))

        attempts = Attempts(pay)
        retrying(partial(attempts, env), env)
    # What was read before the other attempt was never acted upon.
    assert attempts.number > 1
    assert seen == [1]


def test_two_payers_at_once_never_start_unseen_by_each_other(practice):
    invoice = practice.create_bill()
    outcomes = at_once(
        practice,
        ("manager", partial(pay_online, invoice)),
        ("biller", partial(pay_online, invoice)),
    )
    started = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            assert isinstance(outcome, UserError), outcome
    assert started
    assert count_attempts(practice, invoice) == len(started)
    attempts = practice.run(
        "manager",
        lambda env: env["account.move"].browse(invoice).clinic_payment_attempts,
    )
    assert attempts == len(started)

"""The client pays in the portal while the desk takes the money: it is paid once."""

from contextlib import closing
from functools import partial

import pytest
from practices import PRICE, Attempts, at_once

from odoo.exceptions import UserError
from odoo.service.model import retrying

# === WHAT PEOPLE DO === #


def start_in_portal(invoice_id, env):
    """Start to pay as the portal's route does, with its rights."""
    invoice = env["account.move"].sudo().browse(invoice_id)
    invoice._clinic_start_online_payment(invoice.amount_residual, invoice.currency_id)


def take_cash(invoice_id, amount, key, env):
    desk = env["clinic.desk"]
    invoice = desk._find_invoice(invoice_id)
    due = desk._get_due(desk._choose_invoices(invoice) or invoice)
    line = desk._get_method_lines(due)[:1]
    return desk._receive(due, line.id, amount, key * 32).ids


def take_deposit(event_id, key, env):
    desk = env["clinic.desk"]
    due = desk._find_deposit(event_id)
    line = desk._get_method_lines(due)[:1]
    return desk._receive(due, line.id, 30, key * 32).ids


def invoice_visit(event_id, env):
    env["calendar.event"].browse(event_id).action_clinic_invoice()


@pytest.fixture
def bill(practice):
    return practice.create_bill()


def owed(practice, invoice_id):
    return practice.run(
        "manager", lambda env: env["account.move"].browse(invoice_id).amount_residual
    )


# === THE CLIENT AND THE DESK === #


def test_desk_is_told_while_the_client_is_paying(practice, bill):
    env = practice.transaction("manager")
    with closing(env.cr):
        start_in_portal(bill, env)
        env.flush_all()
        with pytest.raises(UserError, match="paid in another window"):
            practice.run("front_desk", partial(take_cash, bill, PRICE, "a"))
        env.cr.commit()
    assert owed(practice, bill) == PRICE


def test_client_is_told_while_the_desk_takes_the_money(practice, bill):
    env = practice.transaction("front_desk")
    with closing(env.cr):
        take_cash(bill, PRICE, "b", env)
        env.flush_all()
        with pytest.raises(UserError, match="paid in another window"):
            practice.run("manager", partial(start_in_portal, bill))
        env.cr.commit()
    with pytest.raises(UserError, match="already been paid"):
        practice.run("manager", partial(start_in_portal, bill))
    assert owed(practice, bill) == 0


def test_client_with_an_older_view_finds_the_invoice_paid(practice, bill):
    env = practice.transaction("manager")
    with closing(env.cr):
        assert env["account.move"].browse(bill).amount_residual == PRICE
        practice.run("front_desk", partial(take_cash, bill, PRICE, "c"))
        attempts = Attempts(partial(start_in_portal, bill))
        with pytest.raises(UserError, match="already been paid"):
            retrying(partial(attempts, env), env)
    # PostgreSQL itself has refused the first attempt.
    assert attempts.number > 1


# === TWO CLICKS === #


def test_two_clicks_at_once_take_the_money_once(practice, bill):
    click = ("front_desk", partial(take_cash, bill, 40, "d"))
    outcomes = at_once(practice, click, click)
    taken = [each for each in outcomes if not isinstance(each, Exception)]
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert all(isinstance(each, UserError) for each in refused), refused
    assert taken
    assert taken[0] == taken[-1]
    assert owed(practice, bill) == PRICE - 40


# === A DEPOSIT AND ITS INVOICE === #


def test_deposit_taken_while_the_visit_is_invoiced_is_not_lost(practice):
    event, _services = practice.create_visit()
    outcomes = at_once(
        practice,
        ("front_desk", partial(take_deposit, event, "e")),
        ("biller", partial(invoice_visit, event)),
    )
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, UserError)

    def read(env):
        visit = env["calendar.event"].browse(event)
        payments = visit.clinic_deposit_ids
        invoices = visit.clinic_service_ids.invoice_ids
        paid = sum(invoices.mapped("amount_total")) - sum(
            invoices.mapped("amount_residual")
        )
        return sum(payments.mapped("clinic_amount_unallocated")) + paid, len(payments)

    total, number = practice.run("manager", read)
    assert total == 30 * number

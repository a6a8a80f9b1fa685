"""The client pays in the portal while the desk takes the money: it is paid once."""

import threading
from contextlib import closing
from functools import partial

import pytest
from practices import PRICE, Attempts, at_once, create_provider

from odoo import SUPERUSER_ID
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


def send_deposit(event_id, env):
    """Return a deposit that has been paid online and is not booked yet."""
    # sudo: the front desk makes transactions in no other way.
    env = env(user=SUPERUSER_ID)
    provider = create_provider(env)
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    env["account.payment.method.line"].create(
        {
            "name": "Cards",
            "journal_id": journal.id,
            "payment_method_id": env.ref("account.account_payment_method_manual_in").id,
            "payment_provider_id": provider.id,
        }
    )
    transaction = env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids.id,
            "reference": f"deposit-{event_id}",
            "amount": 30,
            "currency_id": env.company.currency_id.id,
            "partner_id": env["calendar.event"].browse(event_id).clinic_patient_id.id,
            "clinic_deposit_event_id": event_id,
        }
    )
    transaction._set_done()
    return transaction.id


def book(transaction_id, env):
    """Book what has arrived, as the providers' messages do."""
    env(user=SUPERUSER_ID)["payment.transaction"].browse(transaction_id)._post_process()


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


def read_visit(event_id, env):
    """Return what is owed for the visit, and what is left of its deposits."""
    visit = env["calendar.event"].browse(event_id)
    owed = sum(visit.clinic_service_ids.invoice_ids.mapped("amount_residual"))
    left = sum(visit.clinic_deposit_ids.mapped("clinic_amount_unallocated"))
    return owed, left


@pytest.fixture
def paid_visit(practice):
    """Return a visit, and its deposit that has arrived and is to be booked."""
    event, _services = practice.create_visit()
    return event, practice.run("front_desk", partial(send_deposit, event))


def test_deposit_that_is_booked_while_the_visit_is_invoiced_is_taken_off(
    practice, paid_visit
):
    event, transaction = paid_visit
    attempts = Attempts(partial(book, transaction))
    env = practice.transaction("biller")
    with closing(env.cr):
        invoice_visit(event, env)
        env.flush_all()
        booking = threading.Thread(
            target=practice.run, args=("manager", attempts), daemon=True
        )
        booking.start()
        # It waits, having seen no invoice.
        booking.join(timeout=2)
        assert booking.is_alive()
        env.cr.commit()
    booking.join(timeout=60)
    assert attempts.number > 1
    outcome = practice.run("manager", partial(read_visit, event))
    assert outcome == (PRICE - 30, 0)


def test_visit_that_is_invoiced_while_its_deposit_is_booked_has_it_taken_off(
    practice, paid_visit
):
    event, transaction = paid_visit
    env = practice.transaction("biller")
    with closing(env.cr):
        # What is seen from now on is older than the booking.
        assert not env["calendar.event"].browse(event).clinic_deposit_ids
        practice.run("manager", partial(book, transaction))
        attempts = Attempts(partial(invoice_visit, event))
        retrying(partial(attempts, env), env)
        env.cr.commit()
    assert attempts.number > 1
    outcome = practice.run("manager", partial(read_visit, event))
    assert outcome == (PRICE - 30, 0)


def test_biller_is_told_while_a_deposit_is_booked(practice, paid_visit):
    event, transaction = paid_visit
    env = practice.transaction("manager")
    with closing(env.cr):
        book(transaction, env)
        env.flush_all()
        with pytest.raises(UserError, match="invoicing these services"):
            practice.run("biller", partial(invoice_visit, event))
        env.cr.commit()
    practice.run("biller", partial(invoice_visit, event))
    outcome = practice.run("manager", partial(read_visit, event))
    assert outcome == (PRICE - 30, 0)

"""Several people want the last place of a program: real transactions, real commits."""

from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest
from practices import Attempts, at_once, pay_in_cash
from test_concurrent_invoicing import pay_online

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying

CLIENTS = ("anna", "ben", "cleo", "dora")


@pytest.fixture(scope="module")
def clients(practice):
    """Let four people have a login for the portal."""

    def create(env):
        group = env.ref("base.group_portal")
        # Context: nobody is written to.
        users = env(user=SUPERUSER_ID)["res.users"].with_context(no_reset_password=True)
        return users.create(
            [
                {"name": name, "login": name, "group_ids": [Command.set(group.ids)]}
                for name in CLIENTS
            ]
        ).ids

    ids = practice.run("manager", create)
    practice.users.update(zip(CLIENTS, ids, strict=True))
    return CLIENTS


@pytest.fixture
def last_place(practice, clients):
    """Return the id of a program with one place left."""

    def create(env):
        begin = fields.Datetime.now() + timedelta(days=30)
        program = env["clinic.program"].create(
            {
                "name": "Back school",
                "rate_id": practice.rate,
                "date_begin": begin,
                "date_end": begin,
                "places": 1,
                "is_published": True,
            }
        )
        program.action_start_registration()
        return program.id

    return practice.run("manager", create)


# === WHAT PEOPLE DO === #


def register(program_id, env):
    # sudo: as the portal's controller, which lists what is published.
    program = env(su=True)["clinic.program"].browse(program_id)
    return program._register_for_client(env.user, str(env.user.partner_id.id)).id


def cancel(registration_id, env):
    # sudo: as the portal's controller, which has checked whose it is.
    registrations = env(su=True)["clinic.program.registration"]
    registration = registrations.browse(registration_id)
    registration._cancel_for_client(env.user, registration._describe_cancelling())


def release(registration_id, env):
    """Do what the job does for one place."""
    registrations = env(user=SUPERUSER_ID)["clinic.program.registration"]
    registrations.browse(registration_id)._release()


def read_program(practice, program_id):
    """Return ``(places taken, active registrations, unpaid invoices)`` of it."""

    def read(env):
        program = env["clinic.program"].browse(program_id)
        active = program.registration_ids.filtered(
            lambda registration: not registration.is_cancelled
        )
        unpaid = program.registration_ids.invoice_id.filtered(
            lambda move: move.payment_state == "not_paid"
        )
        return program.places_taken, len(active), len(unpaid)

    return practice.run("manager", read)


def errors_of(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


# === THE LAST PLACE === #


def test_the_last_place_is_sold_once(practice, clients, last_place):
    outcomes = at_once(
        practice, *((login, partial(register, last_place)) for login in clients)
    )
    errors = errors_of(outcomes)
    assert len(errors) == len(clients) - 1
    for error in errors:
        assert isinstance(error, UserError), error
        assert "All places of this program are taken" in error.args[0]
    assert read_program(practice, last_place) == (1, 1, 1)


def test_who_saw_a_place_that_is_gone_by_now_is_told(practice, clients, last_place):
    env = practice.transaction("ben")
    with closing(env.cr):
        # sudo: as the page, which shows that a place is left.
        program = env(su=True)["clinic.program"].browse(last_place)
        assert program.places_left == 1
        practice.run("anna", partial(register, last_place))
        attempts = Attempts(partial(register, last_place))
        with pytest.raises(UserError, match="All places"):
            retrying(partial(attempts, env), env)
    # PostgreSQL itself has refused the first attempt.
    assert attempts.number > 1
    assert read_program(practice, last_place) == (1, 1, 1)


def test_the_practice_and_a_client_do_not_both_get_it(practice, clients, last_place):
    def register_by_hand(env):
        env["clinic.program.registration"].create(
            {"program_id": last_place, "patient_id": practice.client}
        )

    outcomes = at_once(
        practice,
        ("front_desk", register_by_hand),
        ("anna", partial(register, last_place)),
    )
    (error,) = errors_of(outcomes)
    assert isinstance(error, UserError), error
    assert read_program(practice, last_place) == (1, 1, 1)


def test_pressing_twice_at_once_is_one_registration(practice, clients, last_place):
    outcomes = at_once(practice, *[("anna", partial(register, last_place))] * 3)
    assert not errors_of(outcomes)
    assert len(set(outcomes)) == 1
    assert read_program(practice, last_place) == (1, 1, 1)


def test_a_place_that_is_given_back_is_sold_once_more(practice, clients, last_place):
    registration = practice.run("anna", partial(register, last_place))
    outcomes = at_once(
        practice,
        ("anna", partial(cancel, registration)),
        ("ben", partial(register, last_place)),
        ("cleo", partial(register, last_place)),
    )
    assert not isinstance(outcomes[0], Exception), outcomes[0]
    for error in errors_of(outcomes):
        assert isinstance(error, UserError), error
    taken, active, unpaid = read_program(practice, last_place)
    assert taken == active == unpaid <= 1


# === MONEY === #


def test_cancelling_twice_at_once_gives_back_once(practice, clients, last_place):
    registration = practice.run("anna", partial(register, last_place))

    def read_bill(env):
        record = env["clinic.program.registration"].browse(registration)
        return record.invoice_id.id

    bill = practice.run("manager", read_bill)
    payment = practice.run("manager", partial(pay_in_cash, bill))
    outcomes = at_once(practice, *[("anna", partial(cancel, registration))] * 2)
    for error in errors_of(outcomes):
        assert isinstance(error, UserError), error
    assert len(errors_of(outcomes)) < 2
    assert read_program(practice, last_place) == (0, 0, 0)

    def read_back(env):
        invoice = env["account.move"].browse(bill)
        given_back = env["account.payment"].browse(payment)._clinic_get_given_back()
        return given_back, invoice.amount_total, len(invoice.reversal_move_ids)

    back, total, credit_notes = practice.run("manager", read_back)
    assert (back, credit_notes) == (total, 1)


def test_who_starts_to_pay_at_the_last_moment_keeps_the_place(
    practice, clients, last_place
):
    registration = practice.run("anna", partial(register, last_place))

    def expire(env):
        record = env(su=True)["clinic.program.registration"].browse(registration)
        record.reserved_until = fields.Datetime.now() - timedelta(minutes=1)
        return record.invoice_id.id

    bill = practice.run("manager", expire)
    env = practice.transaction("manager")
    with closing(env.cr):
        # The job has seen that nobody is paying.
        jobs_view = env(user=SUPERUSER_ID)["clinic.program.registration"]
        assert not jobs_view.browse(registration)._is_being_paid()
        practice.run("anna", partial(pay_online, bill))
        attempts = Attempts(partial(release, registration))
        retrying(partial(attempts, env), env)
        env.cr.commit()
    assert attempts.number > 1
    assert read_program(practice, last_place) == (1, 1, 1)

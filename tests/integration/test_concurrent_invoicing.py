"""Several people press at once: real transactions, real commits, a database of its own.

Each call runs as the RPC layer would run it: in a transaction that is repeated when
PostgreSQL says that another one was faster.
"""

import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import pytest

from odoo import api, sql_db
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config

from workbench import databases, postgres

PRICE = 100
# Who waits for a transaction that the same thread holds open would wait for ever.
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Practice:
    """A database with two billers, a front desk, a client and a rate."""

    registry: Registry
    users: dict[str, int]
    client: int
    rate: int

    def transaction(self, login):
        """Return an environment of ``login`` in a transaction of its own."""
        cursor = self.registry.cursor()
        cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
        # Else the first rollback would forget it.
        cursor.commit()
        return api.Environment(cursor, self.users[login], {})

    def run(self, login, function):
        """Run ``function(env)`` and commit it, as a request would."""
        env = self.transaction(login)
        with closing(env.cr):
            result = retrying(partial(function, env), env)
            env.cr.commit()
        return result

    def create_services(self, count):
        def create(env):
            vals = {"patient_id": self.client, "rate_id": self.rate}
            return env["clinic.service"].create([vals] * count).ids

        return self.run("manager", create)

    def create_run(self, service_ids):
        def create(env):
            return env["clinic.billing.run"].create(
                {"service_ids": [Command.set(service_ids)], "grouping": "service"}
            )

        return self.run("manager", create).id

    def create_visit(self):
        def create(env):
            event = env["calendar.event"].create(
                {
                    "name": "Appointment",
                    "start": "2024-03-12 14:00:00",
                    "stop": "2024-03-12 15:00:00",
                    "clinic_patient_id": self.client,
                    "clinic_service_ids": [Command.create({"rate_id": self.rate})],
                }
            )
            event.action_clinic_complete()
            return event.id, event.clinic_service_ids.ids

        return self.run("manager", create)

    def create_bill(self):
        run_id = self.create_run(self.create_services(1))
        self.run("manager", partial(start_run, run_id))
        return self.run(
            "manager",
            lambda env: env["clinic.billing.run"].browse(run_id).invoice_ids.id,
        )


@pytest.fixture(scope="module")
def practice():
    with postgres.running(), databases.cloned("alone") as name:
        with pytest.MonkeyPatch.context() as patch:
            # Else Odoo would run tests of its own while it loads.
            patch.setitem(config, "test_enable", False)
            registry = Registry(name)
        try:
            yield _set_up(registry)
        finally:
            Registry.delete(name)
            sql_db.close_db(name)


def _set_up(registry):
    with closing(registry.cursor()) as cursor:
        env = api.Environment(cursor, api.SUPERUSER_ID, {})
        company = env.company
        if not company.chart_template:
            env["account.chart.template"].try_loading(
                "generic_coa", company=company, install_demo=False
            )
        users = {
            login: env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login,
                    "login": login,
                    "email": f"{login}@example.com",
                    "group_ids": [
                        Command.set(env.ref(f"clinic_invoicing.{group}").ids)
                    ],
                }
            )
            .id
            for login, group in {
                "biller": "group_biller",
                "other_biller": "group_biller",
                "front_desk": "group_front_desk",
                "manager": "group_manager",
            }.items()
        }
        client = env["res.partner"].create(
            {"name": "Client", "clinic_is_patient": True}
        )
        rate = env["product.product"].create(
            {
                "name": "Consultation",
                "type": "service",
                "list_price": PRICE,
                "taxes_id": [Command.clear()],
                "clinic_is_rate": True,
                "clinic_is_invoiced": True,
            }
        )
        cursor.commit()
        return Practice(registry, users, client.id, rate.id)


# === WHAT PEOPLE DO === #


def start_run(run_id, env):
    return env["clinic.billing.run"].browse(run_id).action_start()


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


# === HELPERS === #


class Attempts:
    """Count how often a transaction was run until it could be committed."""

    def __init__(self, function):
        self.function = function
        self.number = 0

    def __call__(self, env):
        self.number += 1
        return self.function(env)


def at_once(practice, *calls):
    """Run ``(login, function)`` calls at the same moment in threads of their own.

    :return: the result or the exception of each
    """
    start = threading.Barrier(len(calls), timeout=60)
    outcomes = [None] * len(calls)

    def call(index, login, function):
        start.wait()
        try:
            outcomes[index] = practice.run(login, function)
        except Exception as error:  # noqa: BLE001 (told to the test, whatever it is)
            outcomes[index] = error

    threads = [
        threading.Thread(target=call, args=(index, *call_), daemon=True)
        for index, call_ in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "the calls wait for each other"
    return outcomes


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


def pay_in_cash(invoice_id, env):
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=[invoice_id]
    ).create({})._create_payments()


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

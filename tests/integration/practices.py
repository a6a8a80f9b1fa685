"""A practice in a database of its own, whose people press at the same moment.

Each call runs as the RPC layer would run it: in a transaction that is repeated when
PostgreSQL says that another one was faster.
"""

import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from odoo import api, sql_db
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


@contextmanager
def opened_practice():
    """Yield a practice in a copy of the database that has no gateway."""
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
                "other_manager": "group_manager",
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
        # Clients find a way to pay online.
        create_provider(env).is_published = True
        cursor.commit()
        return Practice(registry, users, client.id, rate.id)


# === WHAT IS THERE === #


def create_provider(env):
    """Return a provider of cards that can be saved; nobody stands behind it."""
    method = env.ref("payment.payment_method_unknown")
    provider = env["payment.provider"].create(
        {
            "name": "Cards",
            "code": "none",
            "state": "test",
            "payment_method_ids": [Command.set(method.ids)],
            "allow_tokenization": True,
        }
    )
    # Core wants its provider to be there before.
    method.write({"active": True, "support_tokenization": True})
    return provider


# === WHAT PEOPLE DO === #


def start_run(run_id, env):
    return env["clinic.billing.run"].browse(run_id).action_start()


def pay_in_cash(invoice_id, env):
    wizard = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=[invoice_id]
    )
    return wizard.create({})._create_payments().id


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

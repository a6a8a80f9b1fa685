"""Large billing runs on several workers: real processes, real kills, real commits.

`CLINIC_RUN_SERVICES=10000` plays the killed run with as many services.
"""

import os
import random
import time
from collections import Counter
from contextlib import closing
from functools import partial

import psutil
import psycopg2
import pytest
from practices import at_once, start_run

from odoo import api
from odoo.fields import Command

from odoo.addons.clinic_invoicing.models.billing_runs import (
    clinic_billing_run,
    clinic_billing_run_queue,
)

from workbench.server import running_odoo

SERVICES = int(os.environ.get("CLINIC_RUN_SERVICES", "1200"))
PAYERS = 60
KILLS = 3
# A chunk takes a second or two: most kills hit one.
SECONDS_BETWEEN_KILLS = (1.0, 4.0)
TIMEOUT_SECONDS = 120 + SERVICES // 5


def create_services(practice, count):
    def create(env):
        patients = env["res.partner"].create(
            [{"name": f"Patient {n}", "clinic_is_patient": True} for n in range(PAYERS)]
        )
        return (
            env["clinic.service"]
            .create(
                [
                    {"patient_id": patients[n % PAYERS].id, "rate_id": practice.rate}
                    for n in range(count)
                ]
            )
            .ids
        )

    return practice.run("manager", create)


def create_run(practice, service_ids, **values):
    def create(env):
        values["service_ids"] = [Command.set(service_ids)]
        return env["clinic.billing.run"].create(values).id

    return practice.run("biller", create)


def read_run(practice, run_id):
    """Return the state, the services of each invoice, and the numbers."""

    def read(env):
        run = env["clinic.billing.run"].browse(run_id)
        moves = run.invoice_ids
        lines = moves.invoice_line_ids
        assert set(moves.mapped("state")) <= {"posted"}
        return (
            run.state,
            Counter(line.clinic_service_id.id for line in lines),
            sorted(moves.mapped("sequence_number")),
        )

    return practice.run("manager", read)


def state_of(practice, run_id):
    return practice.run(
        "manager", lambda env: env["clinic.billing.run"].browse(run_id).state
    )


# === KILLED WORKERS ===


def wake_workers(practice):
    """Tell the workers that there is work, as Odoo does where it is told to."""
    with closing(psycopg2.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY cron_trigger, '{practice.registry.db_name}'")


def kill_workers(odoo):
    """Kill every worker process of a server as the kernel does; return how many."""
    workers = psutil.Process(odoo.process.pid).children()
    for worker in workers:
        worker.kill()
    return len(workers)


def wait_for_end(practice, run_id):
    end = time.monotonic() + TIMEOUT_SECONDS
    while state_of(practice, run_id) == "running":
        assert time.monotonic() < end, "the run does not end"
        wake_workers(practice)
        time.sleep(1)


def test_run_whose_workers_are_killed_bills_each_service_once(practice):
    services = create_services(practice, SERVICES)
    run = create_run(practice, services)
    serving = running_odoo(
        practice.registry.db_name, workers=1, max_cron_threads=2, stripe=False
    )
    with serving as odoo:
        practice.run("biller", partial(start_run, run))
        for _ in range(KILLS):
            wake_workers(practice)
            time.sleep(random.uniform(*SECONDS_BETWEEN_KILLS))
            assert kill_workers(odoo) >= 2
            # The parent starts others in place of the dead.
            time.sleep(2)
        wait_for_end(practice, run)
    state, bills, numbers = read_run(practice, run)
    assert state == "done"
    assert bills == dict.fromkeys(services, 1)
    assert numbers == list(range(numbers[0], numbers[0] + PAYERS))


# === TWO RUNS AT ONCE ===


@pytest.fixture
def small_chunks(monkeypatch):
    """Let small runs be worked off as large ones are."""
    monkeypatch.setattr(clinic_billing_run, "AT_ONCE", 0)
    monkeypatch.setattr(clinic_billing_run_queue, "SERVICES_PER_CHUNK", 5)


def work(env):
    root = api.Environment(env.cr, api.SUPERUSER_ID, {})
    root["clinic.billing.run"]._cron_work()


def work_until_end(practice, *runs):
    for _ in range(20):
        outcomes = at_once(practice, *[("manager", work)] * 2)
        errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert not errors, errors
        if not any(state_of(practice, run) == "running" for run in runs):
            return
    raise AssertionError("the runs do not end")


def test_two_workers_share_a_run(practice, small_chunks):
    services = create_services(practice, 60)
    run = create_run(practice, services, grouping="service")
    practice.run("biller", partial(start_run, run))
    work_until_end(practice, run)
    state, bills, numbers = read_run(practice, run)
    assert state == "done"
    assert bills == dict.fromkeys(services, 1)
    assert numbers == list(range(numbers[0], numbers[0] + 60))


def test_two_runs_over_the_same_services_bill_each_in_one_of_them(
    practice, small_chunks
):
    services = create_services(practice, 60)
    runs = [create_run(practice, services) for _ in range(2)]
    for run in runs:
        practice.run("biller", partial(start_run, run))
    work_until_end(practice, *runs)
    bills = Counter()
    for run in runs:
        state, in_run, _numbers = read_run(practice, run)
        assert state in ("done", "failed")
        bills += in_run
    assert bills == dict.fromkeys(services, 1)


def test_services_that_somebody_else_is_invoicing_wait(practice, small_chunks):
    services = create_services(practice, 10)
    run = create_run(practice, services)
    practice.run("biller", partial(start_run, run))
    env = practice.transaction("front_desk")
    with closing(env.cr):
        env["clinic.service"].browse(services[:1])._lock_for_billing()
        practice.run("manager", work)
        # All but the chunk of that service.
        state, bills, _numbers = read_run(practice, run)
        assert state == "running"
        assert 0 < len(bills) < 10
    practice.run("manager", work)
    state, bills, _numbers = read_run(practice, run)
    assert state == "done"
    assert bills == dict.fromkeys(services, 1)


def test_paused_run_stops_after_its_chunk(practice, small_chunks):
    services = create_services(practice, 30)
    run = create_run(practice, services)
    practice.run("biller", partial(start_run, run))
    env = practice.transaction("manager")
    with closing(env.cr):
        # A worker is at a chunk while somebody pauses the run.
        root = api.Environment(env.cr, api.SUPERUSER_ID, {})
        runs = root["clinic.billing.run"]
        chunk = runs._claim_chunk([])
        practice.run(
            "biller", lambda env: env["clinic.billing.run"].browse(run).action_pause()
        )
        runs._work_on(chunk, [])
        env.cr.commit()
    practice.run("manager", work)
    state, bills, _numbers = read_run(practice, run)
    assert state == "paused"
    assert bills == dict.fromkeys(list(bills), 1)
    assert len(bills) == 5
    practice.run(
        "biller", lambda env: env["clinic.billing.run"].browse(run).action_resume()
    )
    practice.run("manager", work)
    assert read_run(practice, run)[:2] == ("done", dict.fromkeys(services, 1))

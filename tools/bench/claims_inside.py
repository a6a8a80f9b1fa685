"""What the benchmark of reminders does inside Odoo."""

import statistics
import time

from client_pages_inside import publish_gateway

# Two visits of each client, on one invoice.
VISITS = 2
INVOICED_ON = "2026-01-15"


def prepare(env, payers):
    """Let so many clients owe what has been due for long, and be within reach."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=env.company, install_demo=False
        )
    publish_gateway(env)
    env.company.write({"clinic_reminders": True})
    rate = env["product.product"].create(
        {
            "name": "Bench rate",
            "type": "service",
            "list_price": 100,
            "taxes_id": False,
            "clinic_is_rate": True,
            "clinic_is_invoiced": True,
        }
    )
    clients = env["res.partner"].create(
        [
            {
                "name": f"Bench payer {number}",
                "email": f"payer{number}@example.com",
                "clinic_is_patient": True,
            }
            for number in range(payers)
        ]
    )
    services = env["clinic.service"].create(
        [
            {"rate_id": rate.id, "patient_id": client.id, "date": INVOICED_ON}
            for client in clients
            for _visit in range(VISITS)
        ]
    )
    services._create_invoices(INVOICED_ON)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()


def measure(env, few, rounds):
    """Ask what reminders ask of these payers, and of a few of them.

    :param int few: so many of the payers
    :return: by "few" and "many": how many payers were asked, in how many seconds and
        queries
    """
    everybody = env["clinic.reminder"]._get_steps(env.company)
    moves = env["account.move"].union(*everybody)
    return {
        "few": _ask(env, moves[:few], rounds),
        "many": _ask(env, moves, rounds),
    }


def _ask(env, moves, rounds):
    seconds, queries = [], []
    for _round in range(rounds + 1):
        env.invalidate_all()
        started, before = time.perf_counter(), env.cr.sql_log_count
        asked = _get_asked(env, moves)
        seconds.append(time.perf_counter() - started)
        queries.append(env.cr.sql_log_count - before)
    # The first round has filled what every worker has in its caches.
    return {
        "payers": len(asked),
        "seconds": statistics.median(seconds[1:]),
        "queries": max(queries[1:]),
    }


def _get_asked(env, moves):
    """Return who is reminded of how much, as the job does before it writes e-mails."""
    reminders = env["clinic.reminder"]
    steps = reminders._get_steps(env.company, moves)
    due = env["account.move"].union(*steps)
    return reminders._add_amounts(due._clinic_get_remindable(), steps)

"""What the benchmark of billing runs does inside Odoo; Core has no addon of ours.

Every function takes `env`, and answers with what JSON can hold.
"""

import gc
import time
from pathlib import Path

from odoo.fields import Command

CLIENTS = 500
# Services of one client; each client gets one invoice.
SERVICES_EACH = 2
DATE = "2026-03-31"
MEGABYTE = 1024

# Rates without tax, with a tax on top, and with one inside the price.
RATES = ((80.0, None), (95.5, None), (120.0, "on_top"), (64.9, "included"))


# === A PRACTICE === #


def prepare(env):
    """Make the accounts, the taxes, the rates, the clients and a biller."""
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=company, install_demo=False
        )
    taxes = {
        "on_top": _make_tax(env, 21, "tax_excluded"),
        "included": _make_tax(env, 6, "tax_included"),
    }
    is_ours = "clinic_is_rate" in env["product.template"]._fields
    flags = dict.fromkeys(["clinic_is_rate", "clinic_is_invoiced"], True)
    env["product.product"].create(
        [
            {
                "name": f"Bench rate {number}",
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.set(taxes[tax].ids if tax else [])],
                **(flags if is_ours else {}),
            }
            for number, (price, tax) in enumerate(RATES)
        ]
    )
    env["res.partner"].create(
        [
            {"name": f"Bench client {number}", "email": f"c{number}@example.com"}
            for number in range(CLIENTS)
        ]
    )
    _make_biller(env)
    env.cr.commit()


def _make_tax(env, percent, included):
    return env["account.tax"].create(
        {
            "name": f"Bench {percent} %",
            "amount": percent,
            "type_tax_use": "sale",
            "price_include_override": included,
        }
    )


def _make_biller(env):
    groups = ["account.group_account_invoice"]
    for name in ("clinic_invoicing.group_biller", "sales_team.group_sale_salesman"):
        if env.ref(name, raise_if_not_found=False):
            groups.append(name)
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": "Bench Biller",
            "login": "bench",
            "email": "bench@example.com",
            "group_ids": [Command.set([env.ref(name).id for name in groups])],
        }
    )


def _as_biller(env):
    user = env["res.users"].search([("login", "=", "bench")])
    context = {"lang": "en_US", "tz": "UTC"}
    return env(user=user, context=context)


def _lines(env, count):
    """Return the client and the rate of each service, as ids."""
    clients = env["res.partner"].search([("name", "=like", "Bench client%")]).ids
    rates = env["product.product"].search([("name", "=like", "Bench rate%")]).ids
    return [
        (clients[number // SERVICES_EACH % CLIENTS], rates[number % len(rates)])
        for number in range(count)
    ]


def _by_client(env, count):
    lines = {}
    for client, rate in _lines(env, count):
        lines.setdefault(client, []).append(env["product.product"].browse(rate))
    return lines.items()


# === WHAT IS MEASURED === #


def speeds(env, count, ways):
    """Return how many services become posted invoices each second, in these ways."""
    functions = {"run": _by_run, "bare": _by_bare_batch, "sale": _by_sale_orders}
    # The first ones only warm up.
    for way in ways:
        functions[way](env, 40)
    return {way: count / functions[way](env, count) for way in ways}


def _clear(env):
    env.cr.commit()
    env.invalidate_all()
    gc.collect()


def _by_run(env, count):
    """A billing run, with all that is stored and committed on the way."""
    run = _make_run(env, count)
    start = time.perf_counter()
    run.action_start()
    env.cr.commit()
    env["clinic.billing.run"]._cron_work()
    env.cr.commit()
    seconds = time.perf_counter() - start
    _check_run(run, count)
    return seconds


def _make_run(env, count):
    services = env["clinic.service"].create(
        [{"patient_id": client, "rate_id": rate} for client, rate in _lines(env, count)]
    )
    run = _as_biller(env)["clinic.billing.run"].create(
        {"service_ids": [Command.set(services.ids)], "invoice_date": DATE}
    )
    _clear(env)
    return run


def _check_run(run, count):
    run.env.invalidate_all()
    lines = run.invoice_ids.invoice_line_ids
    assert run.state == "done", (run.state, run.error_ids.mapped("reason")[:3])
    assert set(run.invoice_ids.mapped("state")) == {"posted"}
    assert len(lines.clinic_service_id) == len(lines) == count
    _clear(run.env)


def _by_bare_batch(env, count):
    """Core: `create()` of the whole batch, then `action_post()`."""
    moves = _as_biller(env)(su=True)["account.move"]
    company = env.company
    vals_list = [
        {
            "move_type": "out_invoice",
            "partner_id": client,
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "invoice_date": DATE,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": rate.id,
                        "name": f"{rate.name} · 03/30/2026",
                        "quantity": 1.0,
                        "price_unit": rate.list_price,
                        "discount": 0.0,
                        "tax_ids": [Command.set(rate.taxes_id.ids)],
                    }
                )
                for rate in rates
            ],
        }
        for client, rates in _by_client(env, count)
    ]
    _clear(env)
    start = time.perf_counter()
    moves.create(vals_list).action_post()
    env.cr.commit()
    seconds = time.perf_counter() - start
    _clear(env)
    return seconds


def _by_sale_orders(env, count):
    """Core: sale orders, confirmed, invoiced, posted; each step for all of them."""
    orders = _as_biller(env)(su=True)["sale.order"]
    vals_list = [
        {
            "partner_id": client,
            "order_line": [
                Command.create({"product_id": rate.id, "product_uom_qty": 1})
                for rate in rates
            ],
        }
        for client, rates in _by_client(env, count)
    ]
    _clear(env)
    start = time.perf_counter()
    orders = orders.create(vals_list)
    orders.action_confirm()
    invoices = orders._create_invoices()
    invoices.action_post()
    env.cr.commit()
    seconds = time.perf_counter() - start
    assert len(invoices.invoice_line_ids) == count
    _clear(env)
    return seconds


# === MANY INVOICES === #


def copy_invoices(env, count):
    """Let so many invoices be there: copies of one, in SQL, which has taken a number.

    They are numbered like those that the runs make, so that these go on from there.
    """
    _by_bare_batch(env, SERVICES_EACH)
    template = env["account.move"].search([("state", "=", "posted")], limit=1)
    first = template.sequence_number
    own = {
        "id": "nextval('account_move_id_seq')",
        "sequence_number": f"{first} + number",
        "name": f"sequence_prefix || {first} + number",
        "payment_reference": f"sequence_prefix || {first} + number",
        "access_token": "NULL",
    }
    _copy_rows(env, "account_move", own, f"source.id = {template.id}", count)
    env.cr.execute(
        "CREATE TEMP TABLE copies AS SELECT id, name, row_number() OVER (ORDER BY id)"
        " AS number FROM account_move WHERE id > %s",
        [template.id],
    )
    lines = {
        "id": "nextval('account_move_line_id_seq')",
        "move_id": "(SELECT id FROM copies WHERE copies.number = series.number)",
        "move_name": "(SELECT name FROM copies WHERE copies.number = series.number)",
    }
    env.cr.execute("CREATE UNIQUE INDEX ON copies (number)")
    env.cr.execute("ANALYZE copies")
    _copy_rows(env, "account_move_line", lines, f"move_id = {template.id}", count)
    env.cr.commit()
    env.cr.execute("ANALYZE account_move")
    env.cr.execute("ANALYZE account_move_line")
    env.cr.commit()
    return env["account.move"].search_count([])


def _copy_rows(env, table, own, condition, count):
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(own.get(name, f'source."{name}"') for name in names)
    env.cr.execute(
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} source,"
        f" generate_series(1, %s) AS series(number) WHERE {condition}",
        [count],
    )


# === MEMORY === #


def memory(env, run_id, count):
    """Return by how many megabytes a worker grows at most during a run.

    Another process has made its services: what that took would hide the growth.
    """
    # Not as many as a chunk has: what a chunk takes is a part of the growth.
    _by_run(env, 40)
    run = env["clinic.billing.run"].browse(run_id)
    run.action_resume()
    _clear(env)
    before = _megabytes("VmRSS")
    # 5: the kernel forgets the highest value so far.
    Path("/proc/self/clear_refs").write_text("5")
    env["clinic.billing.run"]._cron_work()
    env.cr.commit()
    growth = _megabytes("VmHWM") - before
    _check_run(run, count)
    return growth


def _megabytes(name):
    status = dict(
        line.split(":", 1)
        for line in Path("/proc/self/status").read_text().splitlines()
    )
    return int(status[name].split()[0]) / MEGABYTE


# === WORKERS === #


def start_run(env, count, paused=False):
    run = _make_run(env, count)
    run.action_start()
    if paused:
        run.action_pause()
    env.cr.commit()
    return run.id


def work(env, ready, go):
    """Work on what is open when everybody is there; return from when to when."""
    _by_run(env, 40)
    Path(ready).touch()
    while not Path(go).exists():
        time.sleep(0.01)
    start = time.time()
    env["clinic.billing.run"]._cron_work()
    env.cr.commit()
    return [start, time.time()]


def check_run(env, run_id, count):
    run = env["clinic.billing.run"].browse(run_id)
    _check_run(run, count)

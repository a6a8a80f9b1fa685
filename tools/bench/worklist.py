"""What the Invoices page costs with a million services, against ten thousand.

Both practices have as much to do: a thousand services to be invoiced and a thousand
that are not paid. What differs is their history. Measured is what the page asks for:
the first page of each tab, the groups of what is open (by payer, patient and
practitioner, with their totals), and the numbers on the tabs.
"""

import contextlib
import json

from workbench import databases, odoo_command
from workbench.paths import RUN, run_name

from .rows import Row

MANY, FEW = 1_000_000, 10_000
# Of them in each of the two tabs that people work on.
OPEN = 1_000
CLIENTS = 2_000
ROUNDS = 15
UNIT = "ms"

# SQL: a million services through the ORM would take hours. Each is a copy of one that
# the ORM has made, with its share; the check of their sums is left out meanwhile.
COPY = """
    ALTER TABLE clinic_service DISABLE TRIGGER USER;
    ALTER TABLE clinic_service_share DISABLE TRIGGER USER;
    INSERT INTO clinic_service ({service_columns})
    SELECT {service_values}
      FROM clinic_service proto, generate_series(1, {count}) AS number
     WHERE proto.id = {service};
    INSERT INTO clinic_service_share ({share_columns})
    SELECT {share_values}
      FROM clinic_service_share proto, clinic_service service
     WHERE proto.service_id = {service} AND service.id <> {service};
    ALTER TABLE clinic_service ENABLE TRIGGER USER;
    ALTER TABLE clinic_service_share ENABLE TRIGGER USER;
    DELETE FROM clinic_service WHERE id = {service};
"""
# What differs between the copies.
SERVICE = {
    "patient_id": "{first_client} + number % {clients}",
    "bill_to_id": "{first_client} + number % {clients}",
    "date": "date '2026-11-01' - (number / 1000)",
    "state": "CASE WHEN number <= {open} THEN 'to_invoice'"
    " WHEN number <= 2 * {open} THEN 'invoiced' ELSE 'paid' END",
}
SHARE = {"service_id": "service.id", "partner_id": "service.bill_to_id"}

# Runs in Odoo's shell: `env` is there.
SCRIPT = """
import json, statistics, time
settings = {settings!r}

def columns(model, changed, prefix):
    names = [
        name for name, field in env[model]._fields.items()
        if field.store and field.column_type and name != "id"
    ]
    return ", ".join(names), ", ".join(
        changed.get(name, prefix + name) for name in names
    )

partners = env["res.partner"].create(
    [{{"name": f"Client {{n}}", "clinic_is_patient": True}}
     for n in range(settings["clients"])]
)
rate = env["product.product"].create(
    {{"name": "Visit", "type": "service", "list_price": 100, "clinic_is_rate": True,
      "clinic_is_invoiced": True, "taxes_id": False}}
)
service = env["clinic.service"].create(
    {{"rate_id": rate.id, "patient_id": partners[0].id, "practitioner_id": env.uid}}
)
env.cr.commit()
numbers = dict(first_client=min(partners.ids), **settings["numbers"])
service_changes = {{
    name: text.format(**numbers) for name, text in settings["service"].items()
}}
service_columns, service_values = columns("clinic.service", service_changes, "proto.")
share_columns, share_values = columns(
    "clinic.service.share", settings["share"], "proto."
)
env.cr.execute(settings["copy"].format(
    service=service.id, service_columns=service_columns,
    service_values=service_values, share_columns=share_columns,
    share_values=share_values, count=numbers["count"],
))
env.cr.commit()
env.cr.execute("ANALYZE clinic_service")
env.cr.commit()
biller = env["res.users"].create(
    {{"name": "Bench Biller", "login": "bench_biller",
      "group_ids": [(4, env.ref("clinic_invoicing.group_biller").id)]}}
)
env.cr.commit()
page = env["clinic.service"].with_user(biller)
fields = ["date", "name", "bill_to_id", "patient_id", "amount_total", "amount_due",
          "invoice_date", "state", "billing_obstacle"]
specification = {{name: {{}} for name in fields}}
specification["patient_id"] = specification["bill_to_id"] = {{
    "fields": {{"display_name": {{}}}}
}}

def ask():
    for state in ("to_invoice", "invoiced", "paid"):
        domain = [("state", "=", state)]
        page.web_search_read(domain, specification, limit=80, count_limit=10001)
    for state in ("to_invoice", "invoiced"):
        for group in ("bill_to_id", "patient_id", "practitioner_id"):
            page.web_read_group(
                [("state", "=", state)], [group],
                ["amount_total:sum", "amount_due:sum", "__count"], limit=80,
            )
    page.get_tab_counts()

seconds = []
for round in range(settings["rounds"] + 2):
    env.invalidate_all()
    start = time.perf_counter()
    ask()
    seconds.append(time.perf_counter() - start)
with open(settings["answer"], "w") as file:
    json.dump(statistics.median(seconds[2:]), file)
"""


def measure() -> list[Row]:
    ours, peer = (_measure(count) * 1000 for count in (MANY, FEW))
    return [Row("worklist_1m_vs_10k", ours, peer, ours / peer, UNIT)]


def _measure(count: int) -> float:
    """Return how many seconds the page takes with so many services."""
    answer = RUN / f"{run_name()}.json"
    settings = {
        "answer": str(answer),
        "clients": CLIENTS,
        "copy": COPY,
        "numbers": {"count": count, "open": OPEN, "clients": CLIENTS},
        "rounds": ROUNDS,
        "service": SERVICE,
        "share": SHARE,
    }
    with databases.cloned("full") as database, contextlib.ExitStack() as stack:
        stack.callback(answer.unlink, missing_ok=True)
        script = SCRIPT.format(settings=settings)
        odoo_command.execute(database, script, "measuring the worklist")
        return json.loads(answer.read_text())

"""What the benchmark of the client's pages does inside Odoo.

A hundred thousand invoices through the ORM would take hours. A billing run makes one of
each kind, and SQL copies them with all that belongs to them: services, shares, entries,
payments, and what is reconciled.
"""

from odoo.fields import Command

# Their bills are what the rest of the database consists of.
OTHERS = 500
KINDS = ("unpaid", "partial", "paid")
# How many bills one day has.
PER_DAY = 200
COPIED = (
    "clinic.service",
    "clinic.service.share",
    "account.move",
    "account.full.reconcile",
    "account.payment",
    "account.move.line",
    "account.partial.reconcile",
)
# A text that names another record.
NUMBERED = {
    "account_move": ("name", "payment_reference"),
    "account_payment": ("name",),
    "account_move_line": ("move_name",),
}
# Fields of one point in time; the older ones of a client are on further pages.
DATES = {
    "account_move": ("date", "invoice_date", "invoice_date_due"),
    "account_move_line": ("date", "date_maturity", "invoice_date"),
    "account_payment": ("date",),
    "clinic_service": ("date",),
}
NOT_COPIED = {"access_token", "inalterable_hash", "secure_sequence_number"}


def prepare(env, bills, total):
    """Fill the database.

    :param bills: ``{login: {kind: number}}``, what each client of the benchmark has
    :param total: how many bills the database has in all
    :return: how many bills of each kind each login has
    """
    if not env.company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=env.company, install_demo=False
        )
    publish_gateway(env)
    clients = {login: _make_client(env, login) for login in bills}
    others = env["res.partner"].create(
        [{"name": f"Bench other {n}", "clinic_is_patient": True} for n in range(OTHERS)]
    )
    protos = _make_protos(env, others[0])
    env.cr.commit()
    for kind in KINDS:
        parts = [(clients[login].id, counts[kind]) for login, counts in bills.items()]
        rest = total // len(KINDS) - sum(count for _client, count in parts)
        _copy(env, protos[kind], parts, others.ids, rest)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    return {login: _count(env, client) for login, client in clients.items()}


def publish_gateway(env):
    """Let the pages offer to pay, as in any practice."""
    env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", env.company.id)]
    ).write(
        {
            "state": "test",
            "is_published": True,
            "stripe_publishable_key": "pk_test_of_the_benchmark",
            "stripe_secret_key": "sk_test_of_the_benchmark",
        }
    )


def _make_client(env, login):
    # Context: nobody is invited.
    users = env["res.users"].with_context(no_reset_password=True)
    user = users.create(
        {
            "name": f"Bench {login}",
            "login": login,
            "password": login,
            "group_ids": [Command.set(env.ref("base.group_portal").ids)],
        }
    )
    user.partner_id.clinic_is_patient = True
    return user.partner_id


def _make_protos(env, client):
    """Return a bill of each kind, as people make them."""
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
    service = {
        "rate_id": rate.id,
        "patient_id": client.id,
        "practitioner_id": env.uid,
        "date": "2026-10-01",
    }
    protos = {}
    for kind in KINDS:
        run = env["clinic.billing.run"].create(
            {
                "service_ids": [Command.create(service) for _ in range(2)],
                "invoice_date": "2026-10-01",
            }
        )
        run.action_start()
        protos[kind] = run.invoice_ids
    _pay(env, protos["paid"], 200)
    _pay(env, protos["partial"], 50)
    return protos


def _pay(env, bill, amount):
    # Context: as the button on the bill.
    wizards = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=bill.ids
    )
    wizards.create({"amount": amount, "payment_date": "2026-10-02"})._create_payments()


def _count(env, client):
    groups = env["account.move"]._read_group(
        [("partner_id", "=", client.id), ("move_type", "=", "out_invoice")],
        ["payment_state"],
        ["__count"],
    )
    return dict(groups)


# === COPIES === #


def _copy(env, bill, parts, others, rest):
    """Copy a bill for these clients, each so often, and the rest for others."""
    records = _get_family(env, bill)
    count = rest + sum(number for _client, number in parts)
    places = {model: _reserve(env, found, count) for model, found in records.items()}
    client, last = "", 0
    for partner, number in parts:
        last += number
        client += f" WHEN number <= {last} THEN {partner}"
    client = f"CASE{client} ELSE {min(others)} + number % {len(others)} END"
    clients = {bill.partner_id.id: client}
    inserts = [
        _insert(env, model, found, places, clients, count)
        for model, found in records.items()
        if found
    ]
    inserts.append(_insert_links(places, bill, records["account.payment"], count))
    for table in ("clinic_service", "clinic_service_share"):
        env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    # One statement: foreign keys are checked when all of it is there.
    steps = [f"step{n} AS ({insert})" for n, insert in enumerate(filter(None, inserts))]
    env.cr.execute(f"WITH {', '.join(steps)} SELECT 1")
    for table in ("clinic_service", "clinic_service_share"):
        env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _get_family(env, bill):
    """Return all that belongs to a bill, by model."""
    payments = bill.matched_payment_ids | bill._get_reconciled_payments()
    moves = bill | payments.move_id
    lines = moves.line_ids
    partials = lines.matched_debit_ids | lines.matched_credit_ids
    shares = lines.clinic_share_id
    found = (
        shares.service_id,
        shares,
        moves,
        lines.full_reconcile_id,
        payments,
        lines,
        partials,
    )
    return dict(zip(COPIED, found, strict=True))


def _reserve(env, records, count):
    """Return the new id of each record, as SQL of ``number``, from 1 to count."""
    size = len(records)
    sequence = f"{records._table}_id_seq"
    env.cr.execute(f"SELECT nextval('{sequence}')")
    (first,) = env.cr.fetchone()
    env.cr.execute(f"SELECT setval('{sequence}', {first + size * (count + 1)})")
    return {
        record.id: f"{first} + number * {size} + {position}"
        for position, record in enumerate(records)
    }


def _insert(env, model, records, places, clients, count):
    table = env[model]._table
    values = {
        name: _value(env[model], field, places, clients)
        for name, field in env[model]._fields.items()
        if field.store and field.column_type and name not in NOT_COPIED
    }
    values["id"] = _mapped("source.id", places[model])
    columns = ", ".join(f'"{name}"' for name in values)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {', '.join(values.values())}"
        f" FROM {table} source, generate_series(1, {count}) AS number"
        f" WHERE source.id IN ({', '.join(map(str, records.ids))})"
    )


def _value(model, field, places, clients):
    """Return what a field of a copy holds, as SQL."""
    table, name = model._table, field.name
    column = f'source."{name}"'
    if field.type == "many2one" and field.comodel_name in places:
        return _mapped(column, places[field.comodel_name])
    if field.type == "many2one" and field.comodel_name == "res.partner":
        return _mapped(column, clients)
    if name in NUMBERED.get(table, ()):
        # One more digit than the numbers that are given out.
        return f"{column} || '/' || number"
    if name in DATES.get(table, ()):
        return f"{column} - (number / {PER_DAY})::int"
    if name == "matching_number":
        fulls = places["account.full.reconcile"]
        return f"CASE WHEN {column} IS NOT NULL THEN {_matching(fulls)} END"
    return column


def _mapped(column, new):
    cases = "".join(f" WHEN {old} THEN {text}" for old, text in new.items())
    return f"CASE {column}{cases} ELSE {column} END" if cases else column


def _matching(fulls):
    return f"({next(iter(fulls.values()))})::text" if fulls else "'P' || number"


def _insert_links(places, bill, payments, count):
    """Link the payments without an entry to their bills, where there are any."""
    if not payments:
        return ""
    ids = ", ".join(map(str, payments.ids))
    invoice = _mapped("source.invoice_id", places["account.move"])
    payment = _mapped("source.payment_id", places["account.payment"])
    return (
        "INSERT INTO account_move__account_payment (invoice_id, payment_id)"
        f" SELECT {invoice}, {payment} FROM account_move__account_payment source,"
        f" generate_series(1, {count}) AS number WHERE source.payment_id IN ({ids})"
    )


# === WHAT THE HEADER SHOWS === #


def show_badge(env, is_shown):
    """Let the header of the portal's pages show the number, or not."""
    # Context: it may be hidden at present.
    views = env["ir.ui.view"].with_context(active_test=False)
    additions = views.search(
        [
            ("key", "=like", "clinic_invoicing.%"),
            ("inherit_id.key", "=", "portal.user_dropdown"),
        ]
    )
    assert additions
    additions.active = is_shown
    env.cr.commit()

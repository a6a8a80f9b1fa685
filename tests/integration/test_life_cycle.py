"""The gateway comes to a practice that uses Stripe already, and leaves it again."""

from types import SimpleNamespace

import database_state
import pytest
from odoo_runs import run_step

from workbench import databases, odoo_command, postgres
from workbench.emulator import running_emulator
from workbench.paths import run_name

OURS = ["clinic_invoicing", "clinic_stripe_gateway"]
# What a practice would lose or see twice.
KEPT = (
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
    "account_payment",
    "account_payment_method_line",
    "ir_config_parameter",
    "payment_method",
    "payment_provider",
    "payment_token",
    "payment_transaction",
    "res_company",
)
# Odoo's own notes of what it did, and what it forgets to remove with any addon.
VOLATILE = {
    "ir_attachment",
    "ir_cron",
    "ir_cron_trigger",
    "ir_logging",
    "ir_model_constraint",
    "ir_module_module",
    "orm_signaling_registry",
}
# Names of what is gone: Odoo forgets them with every model that has a chatter.
FORGOTTEN = ("'ir.model.inherit'", "'ir.model.fields.selection'")
STAMPS = {"write_date", "write_uid"}
BEFORE = {
    "paid": "done",
    "refunded": "done",
    "refund": "done",
    "declined": "error",
    "debited": "pending",
    "held": "authorized",
    "unheard": "draft",
    "unfinished": "draft",
}


@pytest.fixture(scope="module")
def used():
    """A database of Odoo alone that has been worked with, and its Stripe."""
    with (
        postgres.running(),
        databases.cloned("core") as database,
        running_emulator() as emulator,
    ):
        facts = run_step(database, "life_cycle.use_core", emulator=emulator.url)
        yield SimpleNamespace(database=database, emulator=emulator.url, facts=facts)


@pytest.fixture
def copy(used):
    """A copy of it, for a test that does not talk to Stripe."""
    name = f"{databases.PREFIX}{run_name()}"
    databases.clone(used.database, name)
    yield name
    databases.drop(name)


def differences(before, after):
    """Return what is not the same in two descriptions of a database."""
    return {
        name: sorted(map(str, before[name] ^ after[name]))
        for name in before
        if before[name] != after[name]
    }


def test_core_has_left_something_of_everything(used):
    assert used.facts["states"] == BEFORE


def test_the_installation_changes_nothing_of_what_is_there(copy):
    columns = database_state.columns(copy)
    kept = {table: columns[table] for table in KEPT}
    before = database_state.rows(copy, kept)
    assert all(before.values())
    odoo_command.install(copy, OURS)
    assert not differences(before, database_state.rows(copy, kept))


def test_the_uninstallation_leaves_nothing_behind(copy):
    tables = {
        table: [name for name in names if name not in STAMPS]
        for table, names in database_state.columns(copy).items()
        if table not in VOLATILE
    }
    structure = database_state.structure(copy)
    rows = database_state.rows(copy, tables)
    odoo_command.install(copy, OURS)
    assert differences(structure, database_state.structure(copy))
    assert run_step(copy, "life_cycle.uninstall") == OURS
    assert not differences(structure, database_state.structure(copy))
    left = differences(rows, database_state.rows(copy, tables))
    forgotten = left.pop("ir_model_data", [])
    unknown = [row for row in forgotten if not any(name in row for name in FORGOTTEN)]
    assert not unknown
    assert not left


def our_parameters(database):
    (parameters,) = database_state.rows(
        database, {"ir_config_parameter": ["key"]}
    ).values()
    return [key for (key,) in parameters if key.startswith("clinic_")]


# === WITH STRIPE === #


@pytest.fixture(scope="module")
def settled(used):
    """The database itself, after the gateway has come and settled what was open."""
    structure = database_state.structure(used.database)
    odoo_command.install(used.database, OURS)
    told = run_step(
        used.database,
        "life_cycle.settle_what_was_open",
        emulator=used.emulator,
        facts=used.facts,
    )
    return SimpleNamespace(told=told, structure=structure)


def test_what_core_had_left_open_is_settled(settled):
    told = settled.told
    assert told["states"] == {
        **BEFORE,
        "debited": "done",
        "held": "done",
        "unheard": "done",
        "declined": "cancel",
        # Core has not noted its intent, so nothing could be closed.
        "unfinished": "draft",
    }
    # What a refund does to its invoice is told elsewhere.
    del told["residuals"]["refunded"]
    assert not any(told["residuals"].values())
    assert told["charged"] == ["done", 0]
    assert set(told["inbox"]) == {"done"}


def test_the_practice_has_used_what_only_the_gateway_has(settled):
    assert settled.told["clinic"] == {
        "services": ["paid", "invoiced", "to_invoice", "invoiced"],
        "disputes": [["lost", 15]],
        "residuals": [0, 100, 0, 100],
    }


def test_stripes_books_and_odoos_agree_afterwards(settled):
    assert settled.told["ledger"] == settled.told["books"] == [1275, 320]


def test_core_works_on_when_the_gateway_is_gone(used, settled):
    kept = {
        table: [row for row in names if not row.startswith("clinic_")]
        for table, names in database_state.columns(used.database).items()
        if table in KEPT and table != "ir_config_parameter"
    }
    before = database_state.rows(used.database, kept)
    assert run_step(used.database, "life_cycle.uninstall") == OURS
    assert not differences(before, database_state.rows(used.database, kept))
    structure = database_state.structure(used.database)
    assert not differences(settled.structure, structure)
    assert not our_parameters(used.database)
    told = run_step(
        used.database,
        "life_cycle.use_core_again",
        emulator=used.emulator,
        facts=used.facts,
    )
    assert (told["status"], told["states"]) == (200, ["done"] * 3)
    assert told["residuals"] == [0, 0]
    assert told["has_key"]
    assert told["reference_names_the_invoice"]
    assert told["ledger"] == told["books"] == [1385, 335]


# === ONE AFTER THE OTHER === #


@pytest.fixture
def invoicing():
    """A database that was billed with before anybody thought of Stripe."""
    with postgres.running(), databases.cloned("alone") as database:
        yield database


def test_the_gateway_comes_on_top_of_invoicing_that_is_in_use(invoicing):
    facts = run_step(invoicing, "life_cycle.use_invoicing")
    columns = database_state.columns(invoicing)
    kept = {
        table: columns[table]
        for table in columns
        if table.startswith("clinic_") or table in (*KEPT[:4], "calendar_event")
    }
    before = database_state.rows(invoicing, kept)
    odoo_command.install(invoicing, ["clinic_stripe_gateway"])
    assert not differences(before, database_state.rows(invoicing, kept))
    with running_emulator() as emulator:
        told = run_step(
            invoicing,
            "life_cycle.pay_what_was_owed",
            emulator=emulator.url,
            owed=facts["owed"],
        )
    assert (told["status"], told["state"], told["residual"]) == (200, "done", 0)
    assert told["services"] == ["paid", "paid", "to_invoice"]
    assert told["books"] == [100, 0]


def test_the_gateway_leaves_and_invoicing_stays(invoicing):
    run_step(invoicing, "life_cycle.use_invoicing")
    odoo_command.install(invoicing, ["payment_stripe"])
    columns = database_state.columns(invoicing)
    structure = database_state.structure(invoicing)
    kept = {table: columns[table] for table in columns if table.startswith("clinic_")}
    before = database_state.rows(invoicing, kept)
    odoo_command.install(invoicing, ["clinic_stripe_gateway"])
    gone = run_step(
        invoicing, "life_cycle.uninstall", modules=["clinic_stripe_gateway"]
    )
    assert gone == ["clinic_stripe_gateway"]
    assert not differences(structure, database_state.structure(invoicing))
    assert not differences(before, database_state.rows(invoicing, kept))

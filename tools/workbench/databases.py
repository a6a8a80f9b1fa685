"""Databases that are built once and cloned for each run.

| kind         | holds                                                             |
|--------------|-------------------------------------------------------------------|
| `core`       | Odoo with the modules that both our addons build on               |
| `full`       | a clone of `core` with both our addons                            |
| `bare`       | Odoo with the modules that clinic_invoicing alone builds on       |
| `alone`      | a clone of `bare` with clinic_invoicing                           |
| `sale`       | `bare` with Odoo's sale orders                                    |
| `core_demo`  | `core` with Odoo's demo data                                      |
| `demo`       | a clone of `core_demo` with both our addons and their demo data   |
| `connectors` | a clone of `full` with Odoo's connectors of other calendars       |

A template's name ends in a hash of what it was built from. When that changes, a new one
is built and the old one is dropped. Nothing ever connects to a finished template.
"""

import contextlib
import hashlib
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from . import clock, locks, odoo_command, odoo_source, practices, zones
from .assets import GENERATE, IS_BUNDLE, carry_over, link_or_copy
from .errors import Trouble
from .paths import (
    DEV_ADDONS,
    LOGS,
    ODOO_DATA,
    OUR_ADDONS,
    ROOT,
    RUN,
    WORKBENCH,
    checkout_tag,
    is_abandoned,
    present_addons,
    run_name,
)
from .progress import step

# File stores of both servers are side by side.
PREFIX = f"clinic_{checkout_tag()}_" + ("day_" if clock.is_shifted() else "")
# Files of an addon that leave no trace in a database.
UNTRACKED = (
    "/tests/",
    "/__pycache__/",
    "/static/description/",
    "/README",
    # Read when a language is installed, which no template has.
    "/i18n/",
    "/static/tests/",
)

# Remark on a template whose bundles are generated.
WITH_ASSETS = "assets generated"
# The clock of a test decides when this would run, and it calls a host that is not ours.
SILENCE_UPDATE_NOTIFICATION = """
update ir_cron set active = false
 where id in (select res_id from ir_model_data
               where module = 'mail' and name = 'ir_cron_module_update_notification')
"""


@dataclass(frozen=True)
class Template:
    """How one kind of database is made."""

    modules: tuple[str, ...]
    base: str = ""
    demo: bool = False
    # What is run in it at the end, in `odoo shell`.
    script: str = ""


TEMPLATES = {
    "core": Template(("account_payment", "payment_stripe", "calendar")),
    "full": Template(("clinic_invoicing", "clinic_stripe_gateway"), base="core"),
    "bare": Template(("account_payment", "calendar")),
    "alone": Template(("clinic_invoicing",), base="bare"),
    "sale": Template(("account_payment", "calendar", "sale")),
    "core_demo": Template(("account_payment", "payment_stripe", "calendar"), demo=True),
    "demo": Template(
        ("clinic_invoicing", "clinic_stripe_gateway"),
        base="core_demo",
        demo=True,
    ),
    # For tests of the addons.
    "practice": Template((), base="full", script=practices.PREPARE),
    "practice_alone": Template((), base="alone", script=practices.PREPARE),
    "connectors": Template(("google_calendar", "microsoft_calendar"), base="full"),
}


def ready(kind: str, assets: bool = False) -> str:
    """Return the name of a finished template, building it if what it is made of
    changed.

    :param assets: whether a browser will load its pages, so that bundles are to be
        there
    """
    with locks.exclusive(f"template-{kind}"):
        return _ensure(kind, assets)


def _ensure(kind: str, assets: bool) -> str:
    name = f"{PREFIX}{kind}_{_key_today(kind)}"
    template = TEMPLATES[kind]
    if not exists(name):
        what = ", ".join(template.modules) or f"{template.base}, prepared"
        with step(f"Building the {kind} database ({what})"):
            _build(kind, name)
    # What was carried over nearly always does; a browser's run must not rest on it.
    wanted = assets or (template.base and not _has_bundles(name))
    if wanted and _comment(name) != WITH_ASSETS:
        with step(f"Generating the assets of the {kind} database"):
            odoo_command.execute(name, GENERATE, "generating the assets")
            _set_comment(name, WITH_ASSETS)
    return name


def key(kind: str) -> str:
    """Hash everything that the finished template depends on."""
    template = TEMPLATES[kind]
    digest = hashlib.sha256(repr(template).encode())
    if template.base:
        digest.update(key(template.base).encode())
        for module in template.modules:
            _hash_folder(digest, ROOT / module)
    else:
        digest.update(odoo_source.locate(fetch=False).version.encode())
        digest.update((WORKBENCH / "odoo-requirements.txt").read_bytes())
        _hash_folder(digest, DEV_ADDONS)
    return digest.hexdigest()[:8]


def _key_today(kind: str) -> str:
    """Return the key of a template whose data may be relative to today: on another day
    they are others. Of Odoo's own demo data nothing rests on the day.
    """
    template = TEMPLATES[kind]
    today = time.strftime("%Y-%m-%d", time.gmtime())
    if not (template.demo and template.base):
        return key(kind)
    return hashlib.sha256(f"{key(kind)} {today}".encode()).hexdigest()[:8]


@contextlib.contextmanager
def cloned(kind: str, assets: bool = False):
    """Give a database of one's own that is dropped afterwards; yields its name.

    :param assets: whether a browser will load its pages
    """
    drop_abandoned()
    name = f"{PREFIX}{run_name()}"
    try:
        clone_template(kind, name, assets)
        settle(kind, name)
        yield name
    finally:
        drop(name)


@contextlib.contextmanager
def scratch():
    """Name a database that does not exist yet; it is dropped afterwards."""
    drop_abandoned()
    name = f"{PREFIX}{run_name()}"
    try:
        yield name
    finally:
        drop(name)


def clone_template(kind: str, name: str, assets: bool = False) -> None:
    """Clone a template; locked, for PostgreSQL copies no database that is in use."""
    with locks.exclusive(f"template-{kind}"):
        clone(_ensure(kind, assets), name)


def settle(kind: str, name: str) -> None:
    """Move the people of a clone to the zone that was asked for, with their visits."""
    if clock.zone() == "UTC":
        return
    with _server(name) as cursor:
        cursor.execute(zones.MOVE_PEOPLE, {"zone": clock.zone()})
        if TEMPLATES[kind].demo:
            cursor.execute(zones.MOVE_VISITS, {"zone": clock.zone()})


def clone(source: str, name: str) -> None:
    """Copy a database and its files, with an identity of its own."""
    drop(name)
    with _server() as cursor:
        cursor.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
    _copy_tree(filestore(source), filestore(name))
    # Stripe's idempotency keys contain the database's identity: two clones must not
    # share it.
    with _server(name) as cursor:
        cursor.execute(
            "update ir_config_parameter set value = gen_random_uuid()"
            " where key = 'database.uuid'"
        )


def drop(name: str) -> None:
    with _server() as cursor:
        cursor.execute(
            sql.SQL("drop database if exists {} with (force)").format(
                sql.Identifier(name)
            )
        )
    shutil.rmtree(filestore(name), ignore_errors=True)


def exists(name: str) -> bool:
    return name in names()


def names() -> list[str]:
    """List the databases of this checkout."""
    with _server() as cursor:
        cursor.execute("select datname from pg_database")
        return [row[0] for row in cursor.fetchall() if row[0].startswith(PREFIX)]


def logins(name: str) -> set[str]:
    """Return the logins of a database's active users."""
    with _server(name) as cursor:
        cursor.execute("select login from res_users where active")
        return {row[0] for row in cursor.fetchall()}


def run_sql(name: str, statement: str) -> None:
    with _server(name) as cursor:
        cursor.execute(statement)


def drop_matching(pattern: str) -> None:
    for name in names():
        if re.fullmatch(pattern, name):
            drop(name)


def drop_abandoned() -> None:
    """Drop what commands left that were killed, and the logs of those that ended."""
    for name in filter(is_abandoned, names()):
        drop(name)
    for path in (*LOGS.glob("*"), *RUN.glob("*")):
        if is_abandoned(path.name):
            path.unlink(missing_ok=True)


def filestore(name: str) -> Path:
    return ODOO_DATA / "filestore" / name


def _build(kind: str, name: str) -> None:
    """Build under another name and rename at the end: a template is whole or absent."""
    template = TEMPLATES[kind]
    unfinished = f"{name}_building"
    # What an interrupted build left.
    drop_matching(rf"{PREFIX}{kind}_[0-9a-f]{{8}}_building")
    if template.base:
        clone_template(template.base, unfinished)
    else:
        _create_empty(unfinished)
    _install(unfinished, template)
    outdated = _templates_of(kind)
    for old in outdated:
        _carry_assets(old, unfinished)
    _rename(unfinished, name)
    for old in outdated:
        drop(old)


def _install(name: str, template: Template) -> None:
    absent = set(OUR_ADDONS) - set(present_addons())
    modules = [module for module in template.modules if module not in absent]
    if modules:
        options = ["--with-demo"] if template.demo else []
        odoo_command.install(name, modules, *options)
    if template.demo:
        _check_demo_data(name, modules)
    if template.script:
        odoo_command.execute(name, template.script, "preparing the database")
    with _server(name) as cursor:
        cursor.execute(SILENCE_UPDATE_NOTIFICATION)


def _templates_of(kind: str) -> list[str]:
    pattern = re.compile(rf"{PREFIX}{kind}_[0-9a-f]{{8}}")
    return [name for name in names() if pattern.fullmatch(name)]


def _carry_assets(old: str, new: str) -> None:
    with _server(old) as source, _server(new) as target:
        carry_over(source, target, filestore(old), filestore(new))


def _has_bundles(name: str) -> bool:
    with _server(name) as cursor:
        cursor.execute(f"select count(*) from ir_attachment where {IS_BUNDLE}")
        return cursor.fetchone()[0] > 0


def _rename(old: str, new: str) -> None:
    with _server() as cursor:
        rename = sql.SQL("alter database {} rename to {}")
        cursor.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    if filestore(old).exists():
        filestore(old).rename(filestore(new))


def _comment(name: str) -> str:
    with _server() as cursor:
        cursor.execute(
            "select shobj_description(oid, 'pg_database') from pg_database"
            " where datname = %s",
            [name],
        )
        return cursor.fetchone()[0] or ""


def _set_comment(name: str, text: str) -> None:
    with _server() as cursor:
        comment = sql.SQL("comment on database {} is %s").format(sql.Identifier(name))
        cursor.execute(comment, [text])


def _check_demo_data(name: str, modules: list[str]) -> None:
    """Odoo only warns when demo data cannot be loaded; here it is the point of the
    database.
    """
    with _server(name) as cursor:
        cursor.execute(
            "select name from ir_module_module where name = any(%s) and not demo",
            [modules],
        )
        failed = [row[0] for row in cursor.fetchall()]
    if failed:
        log = odoo_command.log_of(name)
        raise Trouble(
            f"the demo data of {', '.join(failed)} cannot be loaded: see {log}"
        )


def _create_empty(name: str) -> None:
    drop(name)
    with _server() as cursor:
        cursor.execute(
            sql.SQL("create database {} template template0 encoding 'unicode'").format(
                sql.Identifier(name)
            )
        )


@contextlib.contextmanager
def _server(database: str = "postgres"):
    try:
        connection = psycopg2.connect(dbname=database)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise Trouble(
            f"PostgreSQL does not answer: run the command again [{reason}]"
        ) from error
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _copy_tree(source: Path, target: Path) -> None:
    """Copy by hard links: Odoo never changes a file in the filestore, it only adds and
    removes.
    """
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target, copy_function=link_or_copy)


def _hash_folder(digest, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        relative = f"/{path.relative_to(folder)}"
        if path.is_file() and not any(part in relative for part in UNTRACKED):
            digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")

"""Run Odoo's own commands with our addons, one configuration file per database."""

import os
import re
import subprocess
from pathlib import Path

from . import clock, debian_tools, odoo_source
from .errors import Trouble
from .paths import (
    BUILD,
    DEV_ADDONS,
    LOGS,
    ODOO_DATA,
    ROOT,
    RUN,
    STRIPE_LIB,
    TOOLS,
    VENV_PYTHON,
    WORKBENCH,
    present_addons,
)
from .processes import free_port, spawn, stop, tail

PROGRAM = WORKBENCH / "bin" / "odoo-server"
# Settings of another Odoo or Python on this machine must not leak in.
FOREIGN_VARIABLES = ("PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PGDATABASE")


def environment(stripe: bool = True, **more: str) -> dict[str, str]:
    """Return the environment in which Odoo, pytest and the emulator run.

    :param stripe: whether the Stripe SDK can be imported
    """
    tree = odoo_source.locate(fetch=False)
    folders = [*clock.python_folders(), tree.import_path, TOOLS]
    folders += [STRIPE_LIB] if stripe else []
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ODOO_") and name not in FOREIGN_VARIABLES
    }
    # The machine's own programs go before those that were fetched.
    programs = [VENV_PYTHON.parent, os.environ.get("PATH", ""), debian_tools.folder()]
    own = {
        "ODOO_PATH": str(tree.import_path),
        "PATH": os.pathsep.join(map(str, programs)),
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        # Compiled files halve the start, and the folders of others stay as they are.
        "PYTHONPYCACHEPREFIX": str(BUILD / "pycache"),
        "TZ": "UTC",
    }
    return {**kept, **own, **more}


def addons_path() -> list[Path]:
    ours = [ROOT] if present_addons() else []
    return [*odoo_source.locate(fetch=False).addons, *ours, DEV_ADDONS]


def write_config(database: str, name: str = "", **options: object) -> Path:
    """Write the configuration for a run on one database; `options` are Odoo's own
    names.

    :param name: of the file, where a database is used by several runs at a time
    """
    settings = {
        "addons_path": ",".join(map(str, addons_path())),
        "data_dir": ODOO_DATA,
        "db_name": database,
        "dbfilter": f"^{database}$",
        "list_db": False,
        "http_interface": "127.0.0.1",
        "http_port": free_port(),
        "gevent_port": free_port(),
        "screenshots": BUILD / "screenshots",
        **options,
    }
    RUN.mkdir(parents=True, exist_ok=True)
    path = RUN / f"{name or database}.conf"
    lines = [f"{name} = {value}" for name, value in settings.items()]
    path.write_text("\n".join(["[options]", *lines]) + "\n", encoding="utf-8")
    return path


def install(database: str, modules: list[str], *options: str) -> None:
    """Install modules in a database and stop."""
    arguments = ["-i", ",".join(modules), "--stop-after-init", "--no-http", *options]
    _run(database, [], arguments, f"installing {', '.join(modules)}")


def upgrade(database: str, modules: list[str]) -> None:
    """Upgrade modules in a database, installing those that it lacks, and stop."""
    names = ",".join(modules)
    arguments = ["-u", names, "-i", names, "--stop-after-init", "--no-http"]
    _run(database, [], arguments, f"upgrading {names}")


def execute(database: str, script: str, purpose: str) -> None:
    """Run Python in `odoo shell` (it has `env`); the script commits what it wants to
    keep.
    """
    _run(database, ["shell"], ["--no-http"], purpose, script)


def log_of(database: str) -> Path:
    """Return the log of a database's commands; the next version's replaces it."""
    return LOGS / f"{re.sub('_[0-9a-f]{8}', '', database)}.log"


def command(config: Path, database: str, *words: str) -> list[str]:
    """Return the command line of Odoo; a subcommand, if any, comes first in `words`."""
    subcommand = [word for word in words[:1] if not word.startswith("-")]
    options = words[len(subcommand) :]
    named = [f"--config={config}", f"--database={database}"]
    return [str(VENV_PYTHON), str(PROGRAM), *subcommand, *named, *options]


def _run(
    database: str,
    subcommand: list[str],
    options: list[str],
    purpose: str,
    script: str = "",
) -> None:
    """Run one Odoo command to its end; its log is shown only when it fails."""
    log = log_of(database)
    config = write_config(database)
    process = spawn(
        command(config, database, *subcommand, *options),
        log,
        cwd=BUILD,
        env=environment(),
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        process.communicate(script)
    except BaseException:
        stop(process)
        raise
    finally:
        config.unlink(missing_ok=True)
    if process.returncode:
        raise Trouble(f"{purpose} failed; the log is {log} and ends so:\n{tail(log)}")

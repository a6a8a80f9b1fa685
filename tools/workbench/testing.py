"""Run pytest the way this project needs it."""

import os
import shlex
import sys
from pathlib import Path
from subprocess import Popen
from threading import Thread

from . import databases, odoo_command, postgres, stock_suites
from .errors import Trouble
from .paths import LOGS, ROOT, VENV_PYTHON
from .processes import end_in_order, run_in_foreground, spawn
from .progress import say

WITHOUT_DATABASE = ("tests/unit", "tests/architecture")
# They serve Odoo in processes of their own. In pytest-odoo's process Odoo limits the
# memory that may be reserved, and Chromium cannot start.
BY_BROWSER = ("tests/browser",)
# The same, on servers that it kills and restarts.
MATRIX = ("tests/matrix",)
OF_INVOICING = ("clinic_invoicing/tests",)
EVERYTHING = ("clinic_invoicing/tests", "clinic_stripe_gateway/tests", "tests")
SERVED = (
    ("Tests by people in front of a browser", BY_BROWSER),
    ("The failure matrix", MATRIX),
)
POLICY = ("-p", "workbench.skip_policy")
# The command by which the second lane is started.
BESIDE = "test-beside"
BESIDE_LOG = LOGS / "test-beside.log"
# Templates on which the Stripe SDK must not be found.
WITHOUT_STRIPE = ("bare", "alone")


def run_all(arguments: str, folder: Path) -> int:
    """Run every test, in two lanes side by side: one for each of two cores.

    The longest run is in front and is seen as it goes; what the others said is printed
    when all have ended. `LANES=1` runs one after the other.
    """
    more = words(arguments, folder)
    if os.environ.get("LANES") == "1":
        return run_beside(more) or run_both_addons(more)
    beside = spawn([sys.executable, "-m", "workbench", BESIDE], BESIDE_LOG)
    Thread(target=_tell_of_failure, args=[beside], daemon=True).start()
    try:
        status = run_both_addons(more)
        if not status:
            say("Waiting for the tests that run beside these")
            status = beside.wait()
    finally:
        if beside.poll() is None:
            end_in_order(beside)
        print(BESIDE_LOG.read_text(encoding="utf-8", errors="replace"), flush=True)
    return status


def _tell_of_failure(lane: Popen) -> None:
    """Say at once that the other lane has failed: the one in front takes long."""
    if lane.wait():
        say(f"The tests that run beside these have failed: {BESIDE_LOG}")


def run_both_addons(arguments: list[str]) -> int:
    """Run all that needs both addons and neither a browser nor servers to kill."""
    say("Tests of both addons")
    apart = (*WITHOUT_DATABASE, *BY_BROWSER, *MATRIX)
    ignored = [f"--ignore={ROOT / path}" for path in apart]
    paths = [*_present(EVERYTHING), *ignored, *POLICY]
    with postgres.running(), databases.cloned("full", assets=True) as database:
        return _run_on(database, [*paths, *arguments])


def run_beside(arguments: list[str]) -> int:
    """Run the other tests, in five runs; the first that fails is the last.

    1. What needs no database. 2. clinic_invoicing alone, where the Stripe SDK does not
    exist. 3. Odoo's own tests of what we build on. 4. People in front of a browser.
    5. The failure matrix.
    """
    more = [*POLICY, *arguments]
    say("Tests that need no database")
    status = _run_without_odoo(WITHOUT_DATABASE, more)
    if status:
        return status
    with postgres.running():
        say("Tests of clinic_invoicing alone, without the Stripe SDK")
        with databases.cloned("alone", assets=True) as database:
            status = _run_on(database, [*_present(OF_INVOICING), *more], stripe=False)
        status = status or run_stocks_own(arguments)
        for what, paths in SERVED:
            if not status:
                say(what)
                status = _run_without_odoo(paths, more)
        return status


def run_stocks_own(arguments: list[str]) -> int:
    """Run the tests that Odoo has of what we build on, with both addons installed."""
    for transport in stock_suites.TRANSPORTS:
        say(f"Odoo's own tests with both addons, transport: {transport}")
        options = [*POLICY, "-p", "workbench.stock_suites"]
        options += [f"--stock-transport={transport}", *arguments]
        with databases.cloned("full", assets=True) as database:
            if transport == "stock":
                databases.run_sql(database, stock_suites.USE_STOCKS_TRANSPORT)
            status = _run_on(database, [*stock_suites.paths(transport), *options])
        if status:
            return status
    return 0


def run_chosen(arguments: str, folder: Path, kind: str = "full") -> int:
    """Run chosen tests on a clone of a template; return pytest's exit status.

    :param kind: of the template; on `alone` the Stripe SDK does not exist
    """
    if kind not in databases.TEMPLATES:
        known = ", ".join(databases.TEMPLATES)
        raise Trouble(f"there is no database {kind}: choose one of {known} with ON=")
    chosen = words(arguments, folder)
    if any(
        str(ROOT / path) in word for word in chosen for path in (*BY_BROWSER, *MATRIX)
    ):
        with postgres.running():
            return _run_without_odoo((), chosen)
    with postgres.running(), databases.cloned(kind) as database:
        return _run_on(database, chosen, stripe=kind not in WITHOUT_STRIPE)


def _run_without_odoo(paths: tuple[str, ...], arguments: list[str]) -> int:
    """Run tests without pytest-odoo, which loads a registry before the first one."""
    without_odoo = ["-p", "no:odoo", *_present(paths), *arguments]
    return _pytest(without_odoo, odoo_command.environment())


def _run_on(database: str, arguments: list[str], stripe: bool = True) -> int:
    """Run pytest on a database; without `--odoo-http` it would skip many tests."""
    config = odoo_command.write_config(database)
    options = [
        "--odoo-http",
        f"--odoo-config={config}",
        f"--odoo-database={database}",
        "--odoo-log-level=critical",
    ]
    environment = odoo_command.environment(stripe)
    try:
        return _pytest([*options, *arguments], environment)
    finally:
        config.unlink(missing_ok=True)


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest in the checkout: an addons folder's `calendar` would shadow Python's
    own.
    """
    command = [str(VENV_PYTHON), "-m", "pytest", f"--rootdir={ROOT}"]
    command += [f"--config-file={ROOT / 'setup.cfg'}", *arguments]
    return run_in_foreground(command, cwd=ROOT, env=environment)


def _present(paths: tuple[str, ...]) -> list[str]:
    return [str(ROOT / path) for path in paths if (ROOT / path).exists()]


def words(arguments: str, folder: Path) -> list[str]:
    """Return pytest's arguments, with paths as the caller meant them."""
    return [_absolute(word, folder) for word in shlex.split(arguments)]


def _absolute(word: str, folder: Path) -> str:
    """Resolve a path against the caller's folder or the checkout; leave other words
    alone.
    """
    path, separator, rest = word.partition("::")
    for base in (folder, ROOT):
        if path and not word.startswith("-") and (base / path).exists():
            return f"{(base / path).resolve()}{separator}{rest}"
    return word

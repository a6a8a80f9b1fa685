"""Run pytest the way this project needs it."""

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from threading import Thread

from . import core_suites, databases, days, odoo_command, postgres
from .errors import Trouble
from .paths import BUILD, LOGS, ROOT, VENV_PYTHON
from .processes import end_in_order, run_in_foreground, spawn
from .progress import say

WITHOUT_DATABASE = ("tests/unit", "tests/architecture")
# They serve Odoo in processes of their own. In pytest-odoo's process Odoo limits the
# memory that may be reserved, and Chromium cannot start.
BY_BROWSER = ("tests/browser",)
# The same, on servers that it kills and restarts.
MATRIX = ("tests/matrix",)
# What the people of the browser tests see, kept for the documents.
PICTURES = ("tests/browser/pictures.py",)
# The same, in an environment that it makes.
BY_NEWCOMER = ("tests/newcomer",)
OF_INVOICING = ("clinic_invoicing/tests",)
OF_ADDONS = (*OF_INVOICING, "clinic_stripe_gateway/tests")
COMMITTING = ("tests/integration",)
SERVED = (*BY_BROWSER, *MATRIX, *BY_NEWCOMER)
AS_OTHERS = (
    "tests/browser/test_every_button.py",
    "tests/browser/test_every_menu.py",
)
OF_SEQUENCES = (
    "clinic_invoicing/tests/visits/test_series.py",
    "clinic_invoicing/tests/payers/test_share_sequences.py",
    "clinic_stripe_gateway/tests/sequences/test_sequences.py",
)
# As many new ones as take a few minutes.
NEW_SEQUENCES = "10"
# Those that send nothing to anybody. Of so many none lacks what is rare.
OF_LEDGER_SEQUENCES = (
    "clinic_invoicing/tests/sequences",
    "clinic_stripe_gateway/tests/sequences/test_disputed_sequences.py",
)
NEW_LEDGER_SEQUENCES = "100"
POLICY = ("-p", "workbench.skip_policy")
# What pytest ends with when tests have failed, and its word for those alone.
TESTS_FAILED = 1
LAST = "--last-failed"
# Cells of the failure matrix that are played for each change.
SHORT = ("-m", "short")
# Templates on which the Stripe SDK must not be found.
WITHOUT_STRIPE = ("bare", "alone", "practice_alone")


@dataclass(frozen=True)
class Lanes:
    """Runs for two cores: one in front, seen as it goes, and one beside it."""

    front: Callable[[list[str]], int]
    beside: Callable[[list[str]], int]
    # The command by which the second lane is started.
    command: str

    @property
    def log(self) -> Path:
        return LOGS / f"{self.command}.log"


def of_each_change() -> Lanes:
    """Return what a change can break."""
    return Lanes(run_both_addons, run_beside, "test-beside")


def of_the_rest() -> Lanes:
    """Return what takes too long for each change."""
    return Lanes(run_rest, run_rest_beside, "test-all-beside")


def run_lanes(lanes: Lanes, arguments: str, folder: Path) -> int:
    """Run both lanes side by side: one for each of two cores.

    The run in front is seen as it goes; what the other one said is printed when both
    have ended. `LANES=1` runs one after the other.
    """
    more = words(arguments, folder)
    if os.environ.get("LANES") == "1":
        return lanes.beside(more) or lanes.front(more)
    beside = spawn([sys.executable, "-m", "workbench", lanes.command], lanes.log)
    Thread(target=_tell_of_failure, args=[beside, lanes.log], daemon=True).start()
    try:
        status = lanes.front(more)
        if not status:
            say("Waiting for the tests that run beside these")
            status = beside.wait()
    finally:
        if beside.poll() is None:
            end_in_order(beside)
        print(lanes.log.read_text(encoding="utf-8", errors="replace"), flush=True)
    return status


def _tell_of_failure(lane: Popen, log: Path) -> None:
    """Say at once that the other lane has failed: the one in front takes long."""
    if lane.wait():
        say(f"The tests that run beside these have failed: {log}")


def run_both_addons(arguments: list[str]) -> int:
    """Run the tests of both addons that are undone at their end."""
    say("Tests of both addons")
    return _run_with_both(OF_ADDONS, [*POLICY, *arguments])


def run_beside(arguments: list[str]) -> int:
    """Run the other tests of each change; the first run that fails is the last.

    1. What needs no database. 2. Odoo's own tests of what we build on. 3. People in
    front of a browser. 4. A part of the failure matrix. 5. Both addons, with real
    commits.
    """
    more = [*POLICY, *arguments]
    status = _run_served("Tests that need no database", WITHOUT_DATABASE, more)
    if status:
        return status
    with postgres.running():
        return (
            run_core_suites(core_suites.OF_EACH_CHANGE, arguments)
            or run_people(more)
            or _run_served("Part of the failure matrix", MATRIX, [*SHORT, *more])
            or run_committing(more)
        )


def run_committing(arguments: list[str]) -> int:
    """Run what is several transactions, with real commits."""
    say("Tests of both addons that commit")
    return _run_with_both(COMMITTING, arguments)


def _run_with_both(paths: tuple[str, ...], arguments: list[str]) -> int:
    with postgres.running(), databases.cloned("practice", assets=True) as database:
        return _run_on(database, [*_present(paths), *arguments])


def run_people(arguments: list[str]) -> int:
    """Run the tests in front of a browser; those that fail, once more.

    On a busy machine a page is now and then later than people are patient. What fails
    twice, on a practice of its own, has failed; what fails once is seen in the log.
    """
    more = ["-o", f"cache_dir={BUILD / 'pytest-cache-browser'}", *arguments]
    status = _run_served("Tests by people in front of a browser", BY_BROWSER, more)
    if status != TESTS_FAILED:
        return status
    return _run_served("Those that have failed, once more", BY_BROWSER, [LAST, *more])


def run_alone(arguments: list[str]) -> int:
    """Run the tests of clinic_invoicing where there is nothing else of ours."""
    say("Tests of clinic_invoicing alone, without the Stripe SDK")
    with databases.cloned("practice_alone", assets=True) as database:
        return _run_on(database, [*_present(OF_INVOICING), *arguments], stripe=False)


def run_rest(arguments: list[str]) -> int:
    """Run random sequences, what the other roles find in the browser, more of Odoo's
    own tests, and another day.
    """
    more = [*POLICY, *arguments]
    with postgres.running():
        status = (
            run_sequences(more)
            or _run_served(
                "Every button and menu, as the other roles",
                AS_OTHERS,
                more,
                CLINIC_CRAWL="others",
            )
            or run_core_suites(core_suites.SLOW, arguments)
        )
    return status or days.play_one()


def run_rest_beside(arguments: list[str]) -> int:
    """Run clinic_invoicing alone, what newcomers do, and the failure matrix."""
    more = [*POLICY, *arguments]
    with postgres.running():
        return (
            run_alone(more)
            or _run_served(
                "The README's steps, with all that they fetch", BY_NEWCOMER, more
            )
            or _run_served("The failure matrix", MATRIX, more)
        )


def run_sequences(arguments: list[str]) -> int:
    """Run new random sequences of what people and Stripe do."""
    with databases.cloned("full") as database:
        for paths, count in (
            (OF_SEQUENCES, NEW_SEQUENCES),
            (OF_LEDGER_SEQUENCES, NEW_LEDGER_SEQUENCES),
        ):
            say(f"{count} new random sequences of each kind")
            chosen = [*_present(paths), *arguments]
            status = _run_on(database, chosen, CLINIC_SEQUENCES=count)
            if status:
                return status
    return 0


def run_core_suites(names: tuple[str, ...], arguments: list[str]) -> int:
    """Run tests that Odoo has of what we build on, with both addons installed."""
    for name in names:
        run = core_suites.RUNS[name]
        say(f"Odoo's own tests {run.what}, with both addons")
        options = [*POLICY, "-p", "workbench.core_suites", f"--core-run={name}"]
        with databases.cloned(run.kind, assets=run.has_tours) as database:
            if run.uses_core_transport:
                databases.run_sql(database, core_suites.USE_CORE_TRANSPORT)
            paths = core_suites.paths(run)
            status = _run_on(database, [*paths, *options, *arguments])
        if status:
            return status
    return 0


def take_pictures(arguments: str, folder: Path) -> int:
    """Take the documents' pictures anew; return pytest's exit status."""
    with postgres.running():
        return _run_served(
            "The pictures of the documents", PICTURES, words(arguments, folder)
        )


def run_chosen(arguments: str, folder: Path, kind: str = "practice") -> int:
    """Run chosen tests on a clone of a template; return pytest's exit status.

    :param kind: of the template; on `alone` the Stripe SDK does not exist
    """
    if kind not in databases.TEMPLATES:
        known = ", ".join(databases.TEMPLATES)
        raise Trouble(f"there is no database {kind}: choose one of {known} with ON=")
    chosen = words(arguments, folder)
    if any(str(ROOT / path) in word for word in chosen for path in SERVED):
        with postgres.running():
            return _run_without_odoo((), chosen)
    with postgres.running(), databases.cloned(kind) as database:
        return _run_on(database, chosen, stripe=kind not in WITHOUT_STRIPE)


def _run_served(
    what: str, paths: tuple[str, ...], arguments: list[str], **variables: str
) -> int:
    say(what)
    if not _present(paths):
        # Without a path, pytest would run everything.
        raise Trouble(f"there are no tests in {', '.join(paths)}")
    return _run_without_odoo(paths, arguments, **variables)


def _run_without_odoo(
    paths: tuple[str, ...], arguments: list[str], **variables: str
) -> int:
    """Run tests without pytest-odoo, which loads a registry before the first one."""
    without_odoo = ["-p", "no:odoo", *_present(paths), *arguments]
    return _pytest(without_odoo, odoo_command.environment(**variables))


def _run_on(
    database: str, arguments: list[str], stripe: bool = True, **variables: str
) -> int:
    """Run pytest on a database; without `--odoo-http` it would skip many tests."""
    config = odoo_command.write_config(database)
    options = [
        "--odoo-http",
        f"--odoo-config={config}",
        f"--odoo-database={database}",
        "--odoo-log-level=critical",
    ]
    environment = odoo_command.environment(stripe, **variables)
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

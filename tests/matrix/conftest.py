"""Play all chosen cells on two sets of servers at a time, and show the table."""

import concurrent.futures
import contextlib
import queue
import threading
from dataclasses import dataclass

import pytest
from checks import compare_books
from faults_at_calls import TIMEOUT_SECONDS
from flows_paying import save_card
from play import play
from practice import script
from stage import running_stage
from table import table, traces

from workbench import databases, odoo_command, postgres
from workbench.paths import BUILD, RUN
from workbench.private_postgres import dump

REPORT = BUILD / "failure-matrix.txt"
TRACES = BUILD / "failure-matrix-traces.txt"
MOST_STAGES = 2
# A second set of servers takes as long to start as it plays this many cells.
CELLS_WORTH_A_STAGE = 12
SPARE_INVOICES = 5


@dataclass(frozen=True)
class Results:
    """Futures: of each cell's result, and of what each set of servers says at last."""

    cells: dict
    stages: list


@pytest.fixture(scope="session")
def results(request):
    cells = [
        item.callspec.params["cell"]
        for item in request.session.items
        if hasattr(item, "callspec") and "cell" in item.callspec.params
    ]
    futures = {cell: concurrent.futures.Future() for cell in cells}
    waiting = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    stop = threading.Event()
    count = min(MOST_STAGES, 1 + len(cells) // CELLS_WORTH_A_STAGE)
    with (
        practice(cells) as copy,
        concurrent.futures.ThreadPoolExecutor(count) as threads,
    ):
        stages = [
            threads.submit(_play_all, copy, waiting, futures, stop)
            for _ in range(count)
        ]
        request.config.stash[RESULTS] = futures
        try:
            yield Results(futures, stages)
        finally:
            stop.set()


@contextlib.contextmanager
def practice(cells):
    """Set up the practice; yields the database's name and a dump of it."""
    invoices = SPARE_INVOICES + sum(flow.invoices for flow, _fault in cells)
    parameters = {"clinic_stripe_gateway.timeout": str(TIMEOUT_SECONDS)}
    with postgres.running(), databases.cloned("full", assets=True) as database:
        odoo_command.execute(
            database, script(invoices, **parameters), "setting up the practice"
        )
        copy = RUN / f"{database}.dump"
        dump(database, copy)
        try:
            yield database, copy
        finally:
            copy.unlink()


def _play_all(copy, waiting, futures, stop):
    """Play cells on a set of servers until none is left.

    :return: the differences that Odoo itself finds at the end
    """
    cell = None
    try:
        with running_stage(*copy) as stage:
            save_card(stage)
            while not stop.is_set():
                try:
                    cell = waiting.get_nowait()
                except queue.Empty:
                    return compare_books(stage)
                futures[cell].set_result(play(stage, *cell))
    except BaseException as error:
        # Nobody else would: the test of each cell waits for it.
        while cell:
            if not futures[cell].done():
                futures[cell].set_exception(error)
            cell = None if waiting.empty() else waiting.get()
        raise
    return []


RESULTS = pytest.StashKey()


def pytest_terminal_summary(terminalreporter, config):
    futures = config.stash.get(RESULTS, None)
    if not futures:
        return
    played = {
        cell: future.result()
        for cell, future in futures.items()
        if future.done() and not future.exception()
    }
    text = table(played)
    REPORT.write_text(text + "\n", encoding="utf-8")
    TRACES.write_text(traces(played), encoding="utf-8")
    terminalreporter.write_line("")
    terminalreporter.write_line(text)

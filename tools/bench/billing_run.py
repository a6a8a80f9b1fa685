"""Services to posted invoices: a billing run against what Core needs for the same.

The peers make the same lines in the same run of the benchmark, in turns:

* the bare batch, `account.move.create()` and `action_post()`, without services, shares,
  chunks and the messages about who started what;
* Core's way from a sale order to a posted invoice.

Where the time was gained (half of Core's, measured with cProfile on 300 invoices of
two lines):

* Core stores lines without amounts, then balances, taxes and terms line by line: seven
  `write()` for each invoice, each of which compares all lines of the invoice before and
  after. Here Odoo's own methods compute them, and each kind is stored at once.
* Core looks up the last number again for each invoice, four queries each. Here once
  for each journal and period; the lock and the counter are Core's.
* Core posts the message that an invoice was created one by one, here in one batch.
* Posting compares all lines before and after, although it changes none of them.
"""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

from workbench import databases
from workbench.paths import RUN, run_name

from .inside import inside
from .rows import Row, median

ROUNDS = 3
SERVICES = 600
MANY_INVOICES = 100_000
SERVICES_OF_MEMORY = 10_000
MOST_MEGABYTES = 150
ROUNDS_OF_WORKERS = 2
SERVICES_OF_WORKERS = 2_400
UNIT = "services/s"
# Runs inside Odoo.
FILE = "billing_inside"


def measure() -> list[Row]:
    with contextlib.ExitStack() as stack:
        ours, full, sale = (
            stack.enter_context(_practice(kind)) for kind in ("alone", "alone", "sale")
        )
        inside(full, FILE, "copy_invoices", count=MANY_INVOICES)
        rows = _measure_speed(ours, full, sale)
        rows.append(_measure_memory(ours))
        rows.append(_measure_workers(ours))
    return rows


@contextlib.contextmanager
def _practice(kind: str):
    with databases.cloned(kind) as database:
        inside(database, FILE, "prepare")
        yield database


def _measure_speed(ours: str, full: str, sale: str) -> list[Row]:
    speeds = {way: [] for way in ("run", "bare", "sale", "full")}
    for number in range(ROUNDS):
        # Whoever comes second in a process finds it warmer.
        ways = ["run", "bare"] if number % 2 else ["bare", "run"]
        for way, speed in inside(
            ours, FILE, "speeds", count=SERVICES, ways=ways
        ).items():
            speeds[way].append(speed)
        answers = inside(sale, FILE, "speeds", count=SERVICES, ways=["sale"])
        speeds["sale"].append(answers["sale"])
        answers = inside(full, FILE, "speeds", count=SERVICES, ways=["run"])
        speeds["full"].append(answers["run"])
    return [
        _row("billing_run_vs_bare_batch", speeds["run"], speeds["bare"]),
        _row("billing_run_vs_sale_route", speeds["run"], speeds["sale"]),
        _row("billing_run_at_100k_vs_empty", speeds["full"], speeds["run"]),
    ]


def _row(name: str, ours: list[float], peer: list[float]) -> Row:
    return Row(name, median(ours), median(peer), median(ours) / median(peer), UNIT)


def _measure_memory(database: str) -> Row:
    count = SERVICES_OF_MEMORY
    run = inside(database, FILE, "start_run", count=count, paused=True)
    growth = inside(database, FILE, "memory", run_id=run, count=count)
    most = MOST_MEGABYTES
    return Row("billing_run_memory_mb", growth, most, growth / most, "MB, at most")


def _measure_workers(database: str) -> Row:
    one, two = [], []
    for _ in range(ROUNDS_OF_WORKERS):
        one.append(_work(database, 1))
        two.append(_work(database, 2))
    return _row("billing_run_two_workers_vs_one", two, one)


def _work(database: str, workers: int) -> float:
    """Return how many services so many workers invoice each second."""
    go = RUN / f"{run_name()}.go"
    with ThreadPoolExecutor(workers) as pool:
        readies = [RUN / f"{run_name()}.ready" for _ in range(workers)]
        futures = [
            pool.submit(inside, database, FILE, "work", ready=str(ready), go=str(go))
            for ready in readies
        ]
        while not all(ready.exists() for ready in readies):
            assert not any(future.done() for future in futures), "a worker has ended"
            time.sleep(0.1)
        run = inside(database, FILE, "start_run", count=SERVICES_OF_WORKERS)
        go.touch()
        times = [future.result() for future in futures]
    for path in (go, *readies):
        path.unlink()
    inside(database, FILE, "check_run", run_id=run, count=SERVICES_OF_WORKERS)
    starts, ends = zip(*times, strict=True)
    return SERVICES_OF_WORKERS / (max(ends) - min(starts))

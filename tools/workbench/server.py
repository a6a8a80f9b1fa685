"""Run an Odoo server as a process of its own, as a practice would."""

import contextlib
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import odoo_command
from .paths import BUILD, LOGS
from .processes import check_port_is_free, free_port, spawn, stop, wait_until

START_SECONDS = 180


@dataclass(frozen=True)
class RunningOdoo:
    """An Odoo that answers at `url` (no slash at the end)."""

    url: str
    port: int
    database: str
    process: subprocess.Popen
    log: Path


@contextlib.contextmanager
def running_odoo(
    database: str,
    port: int = 0,
    workers: int = 0,
    stripe: bool = True,
    evented: bool = False,
    environment: dict[str, str] | None = None,
    **options: object,
):
    """Serve one database on 127.0.0.1 for as long as the block lasts; yields a
    `RunningOdoo`.

    :param port: 0 takes a free one
    :param workers: 0 is one process with threads; more are processes, as in production
    :param stripe: whether the Stripe SDK can be imported
    :param evented: Odoo's other server, which keeps connections open; it runs no jobs
    :param environment: more environment variables for the server
    :param options: options of Odoo's configuration file, e.g. `max_cron_threads=0`
    """
    port = port or free_port()
    check_port_is_free(port)
    log = LOGS / f"{database}-{port}.log"
    kind = "gevent_port" if evented else "http_port"
    config = odoo_command.write_config(
        database, f"{database}-{port}", workers=workers, **{kind: port}, **options
    )
    process = spawn(
        odoo_command.command(config, database, *(["gevent"] if evented else [])),
        log,
        cwd=BUILD,
        env=odoo_command.environment(stripe, **environment or {}),
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url), process, log, "Odoo", START_SECONDS)
        yield RunningOdoo(url, port, database, process, log)
    finally:
        stop(process)
        config.unlink(missing_ok=True)


def answers(url: str) -> bool:
    """Tell whether the registry is loaded: a page of the database, not just the
    process.
    """
    try:
        with urllib.request.urlopen(f"{url}/web/login", timeout=60) as answer:
            return answer.status == 200
    except OSError:
        return False

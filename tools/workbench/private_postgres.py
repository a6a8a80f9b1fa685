"""PostgreSQL servers of a test's own, which it may restart as it likes.

The server that everything else runs on is shared, and may be the user's.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from . import postgres, server_home
from .errors import Trouble, last_line
from .paths import LOGS, is_abandoned
from .processes import free_port, spawn, stop, wait_until

START_SECONDS = 60
# What was committed must survive a crash of the server, as with any customer.
SETTINGS = {**postgres.SETTINGS, "synchronous_commit": "on"}


class PrivatePostgres:
    """One running server; `environment` names it to the processes that use it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = LOGS / f"{folder.name}.log"
        self._process = None
        # Not by the socket: a port tells which process talks to which backend.
        self.environment = {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(free_port()),
            "PGUSER": postgres.USER,
        }

    def start(self) -> None:
        options = {
            **SETTINGS,
            "unix_socket_directories": self.folder,
            "listen_addresses": self.environment["PGHOST"],
            "port": self.environment["PGPORT"],
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        command = [
            str(server_home.programs() / "postgres"),
            "-D",
            f"{self.folder}/data",
        ]
        self._process = spawn(
            [*command, *words],
            self.log,
            cwd="/",
            env=postgres.environment(),
            **server_home.identity(),
        )
        wait_until(self._answers, self._process, self.log, "PostgreSQL", START_SECONDS)

    def restart(self) -> None:
        """End every connection at once, as an update of the server does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(START_SECONDS)
        self.start()

    def stop(self) -> None:
        if self._process:
            stop(self._process)
        self.log.unlink(missing_ok=True)

    def connect(self, database: str):
        return psycopg2.connect(
            dbname=database,
            host=str(self.folder),
            port=self.environment["PGPORT"],
            user=postgres.USER,
        )

    def receive(self, database: str, dump: Path) -> None:
        """Make a database from what `dump` has written."""
        with contextlib.closing(self.connect("postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'create database "{database}" template template0')
        environment = {**os.environ, **self.environment}
        _run(
            ["pg_restore", "-j", "2", "-d", database, "--no-owner", str(dump)],
            environment,
        )

    def _answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True


@contextlib.contextmanager
def private_postgres():
    """Run a server with empty data as long as the block lasts."""
    runs = server_home.FOLDER.glob("pg_run_*")
    for left in filter(lambda path: is_abandoned(path.name), runs):
        shutil.rmtree(left, ignore_errors=True)
    folder = server_home.folder_for_a_run()
    try:
        server_home.hand_over(folder)
        postgres.initialise(folder / "data")
        server = PrivatePostgres(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def dump(database: str, target: Path) -> None:
    """Write a database of the shared server to a file."""
    _run(["pg_dump", "-Fc", "-Z0", "-f", str(target), database], dict(os.environ))


def _run(command: list[str], environment: dict[str, str]) -> None:
    program = server_home.programs() / command[0]
    done = subprocess.run(
        [str(program), *command[1:]], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise Trouble(f"{command[0]} failed: {last_line(done.stderr)}")

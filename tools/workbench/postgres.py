"""The PostgreSQL that everything runs on: the one that `PG*` names, or an embedded one.

The embedded server keeps its data in `build/pg` (or where `server_home` says), listens
on a socket there and nowhere else, and is shared by every command of the checkout: the
last one to end stops it. A server that a killed command left behind is found running
and used by the next one.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from . import clock, locks, server_home
from .errors import Trouble, last_line
from .paths import BUILD
from .progress import step

# A server knows one clock, and its data stay apart: they are of other days.
NAMES = ("pg", "pg-day")
NAME = NAMES[clock.is_shifted()]
DATA = server_home.FOLDER / NAME
LOG = server_home.LOGS / ("pg-day.log" if clock.is_shifted() else "postgresql.log")
# Two clocks that began at different moments agree better than that.
CLOCK_TOLERANCE = 30
USER = "odoo"
START_ATTEMPTS = 5
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    # Whatever a crash of the machine could spoil here is rebuilt by one command.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
NAMING_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")


@contextlib.contextmanager
def running():
    """Make the environment name a server that answers, as long as the block lasts."""
    if is_named():
        _check_named_server()
        yield
        return
    before = {name: os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER")}
    with _shared_server() as socket_folder:
        os.environ.update(PGHOST=str(socket_folder), PGPORT="5432", PGUSER=USER)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def is_named() -> bool:
    """Tell whether the user named a server; then none is started or stopped."""
    return any(os.environ.get(name) for name in NAMING_VARIABLES)


def stop_unused() -> None:
    """Stop an embedded server that a killed command left; refuse if it is in use."""
    for name in filter(lambda name: _data(name).exists(), NAMES):
        with open(_users_lock(name), "w") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(
                    "another command of this checkout is running: stop it, then run"
                    " `make clean` again"
                ) from None
            _control("stop", "--mode=fast", data=_data(name))


def _check_named_server() -> None:
    import psycopg2

    if os.environ.get("PGUSER") == "postgres":
        raise Trouble(
            "Odoo refuses to work as the database user `postgres`: set PGUSER to"
            " another role that may create databases"
        )
    try:
        psycopg2.connect(dbname="postgres", connect_timeout=10).close()
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise Trouble(
            "the PostgreSQL server that the PG* variables name does not answer: start"
            f" it, or unset PGHOST and PGPORT to use an embedded one [{reason}]"
        ) from error


@contextlib.contextmanager
def _shared_server():
    """Hold a shared lock while using the server; the kernel drops it even if we are
    killed.
    """
    BUILD.mkdir(exist_ok=True)
    with open(_users_lock(NAME), "w") as users:
        with locks.exclusive(f"{NAME}.start"):
            fcntl.flock(users, fcntl.LOCK_SH)
            socket_folder = _ensure_started()
        try:
            yield socket_folder
        finally:
            with locks.exclusive(f"{NAME}.start"):
                _stop_if_unused(users)


def _data(name: str) -> Path:
    return server_home.FOLDER / name


def _users_lock(name: str) -> Path:
    return BUILD / f"{name}.users.lock"


def _stop_if_unused(users) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    _control("stop", "--mode=fast")


def _ensure_started() -> Path:
    socket_folder = server_home.socket_folder(DATA)
    if not (DATA / "PG_VERSION").exists():
        _initialise()
    if _answers(socket_folder) and not _has_our_clock(socket_folder):
        # A killed command left it, which played another day.
        _control("stop", "--mode=fast")
    if not _answers(socket_folder):
        _forget_dead_server(socket_folder)
        server_home.hand_over(socket_folder, LOG)
        _start(socket_folder)
    return socket_folder


def _start(socket_folder: Path) -> None:
    """Start the server; again, while children of a killed one still hold its memory."""
    options = [f"-c {name}='{value}'" for name, value in SETTINGS.items()]
    options.append(f"-c unix_socket_directories='{socket_folder}'")
    for _ in range(START_ATTEMPTS):
        started = _control("start", "-o", " ".join(options), f"--log={LOG}")
        if not started.returncode:
            return
        time.sleep(1)
    raise Trouble(f"the embedded PostgreSQL does not start: its reason is in {LOG}")


def _answers(socket_folder: Path) -> bool:
    import psycopg2

    try:
        psycopg2.connect(dbname="postgres", host=str(socket_folder), user=USER).close()
    except psycopg2.OperationalError:
        return False
    return True


def _has_our_clock(socket_folder: Path) -> bool:
    import psycopg2

    connected = psycopg2.connect(dbname="postgres", host=str(socket_folder), user=USER)
    with contextlib.closing(connected) as connection, connection.cursor() as cursor:
        cursor.execute("select extract(epoch from clock_timestamp())")
        return abs(float(cursor.fetchone()[0]) - time.time()) < CLOCK_TOLERANCE


def _forget_dead_server(socket_folder: Path) -> None:
    """Remove the notes of a killed server, whose process number may be taken."""
    for note in (DATA / "postmaster.pid", socket_folder / ".s.PGSQL.5432.lock"):
        if note.exists() and not _names_a_server(note):
            note.unlink()


def _names_a_server(note: Path) -> bool:
    process = Path("/proc", note.read_text().split("\n", 1)[0].strip())
    try:
        return "postgres" in (process / "cmdline").read_text()
    except OSError:
        return False


def _initialise() -> None:
    with step("Making an embedded PostgreSQL"):
        initialise(DATA)


def initialise(data: Path) -> None:
    """Make the data folder of a server."""
    shutil.rmtree(data, ignore_errors=True)
    server_home.hand_over(data, LOG)
    arguments = [
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "-U",
        USER,
    ]
    made = _run("initdb", *arguments, "-D", str(data))
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        reason = last_line(made.stderr)
        raise Trouble(f"the embedded PostgreSQL cannot be set up: {reason}")


def environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs."""
    own = {"LC_ALL": "C", "PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
    return {**own, **clock.variables()}


def _control(
    action: str, *arguments: str, data: Path = DATA
) -> subprocess.CompletedProcess:
    return _run("pg_ctl", action, "-D", str(data), "-w", "-s", *arguments)


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run a PostgreSQL program, as root under the unprivileged account.

    Its output goes to files: a server that it starts would keep a pipe open for ever.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        result = subprocess.run(
            [str(server_home.programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd="/",
            start_new_session=True,
            env=environment(),
            **server_home.identity(),
        )
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(
            result.args, result.returncode, output.read(), errors.read()
        )

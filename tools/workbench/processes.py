"""Start processes that never outlive us, and stop just those."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from .errors import Trouble

PATIENCE_SECONDS = 15
# For tests to put away their databases, servers and browsers.
ORDERLY_SECONDS = 60
TAIL_LINES = 40
SET_PARENT_DEATH_SIGNAL = 1


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port: int) -> bool:
    try:
        check_port_is_free(port)
    except Trouble:
        return False
    return True


def check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: a port of connections that just closed is not busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Trouble(
                f"this user may not listen on port {port}: choose one above 1023,"
                " for example with PORT=8070"
            ) from error
        except (OSError, OverflowError) as error:
            raise Trouble(
                f"port {port} is in use: stop the program that listens on it, or choose"
                " another port, for example with PORT=8070"
            ) from error


def spawn(command: list[str], log: Path, **options) -> subprocess.Popen:
    """Start a command that writes to a log file.

    It gets a session of its own, so that Ctrl-C reaches us alone and we stop things in
    order; and the kernel stops it should we be killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **{"stdin": subprocess.DEVNULL, **options},
        )


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def stop(process: subprocess.Popen) -> None:
    """Ask a spawned process and its children to end; insist when they do not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
            return


def end_in_order(process: subprocess.Popen) -> None:
    """Ask a spawned command of ours to stop what it started and to say what it knows.

    Its children hear it from the command, not at the same time from us: pytest would
    die before it reports the failures that it has seen.
    """
    process.terminate()
    try:
        process.wait(ORDERLY_SECONDS)
    except subprocess.TimeoutExpired:
        stop(process)


def wait_until(
    is_ready, process: subprocess.Popen, log: Path, what: str, seconds: int
) -> None:
    """Wait until `is_ready()` is true, or explain from the log why it will not be."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if process.poll() is not None:
            raise Trouble(
                f"{what} ended at once; the log is {log} and ends so:\n{tail(log)}"
            )
        if time.monotonic() > deadline:
            raise Trouble(f"{what} did not answer within {seconds} s; its log is {log}")
        time.sleep(0.1)


def tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])


class Terminated(KeyboardInterrupt):
    """SIGTERM, handled like Ctrl-C: everything that was started is stopped in order."""


def heed_interrupts() -> None:
    """Let SIGINT and SIGTERM end a command, even one that a script put behind `&`."""

    def terminate(*_):
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_in_foreground(command: list[str], **options) -> int:
    """Run a command at the user's terminal; return its exit status.

    An interrupt reaches the command too when it comes from the terminal, so it is given
    time to end by itself before it is told once more.
    """
    process = subprocess.Popen(command, preexec_fn=_die_with_parent, **options)
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:
        patience = 0 if isinstance(interrupt, Terminated) else PATIENCE_SECONDS
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.wait()
        raise

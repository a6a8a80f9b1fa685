"""libfaketime, which tells a program another time than the machine's.

It is taken from the machine, or fetched from Debian's archive, without root.

Ours is a copy without its own ways to wait. While a program waits in one of them, a
signal's handler is told the machine's time: PostgreSQL, whose timers rest on that,
would never find a deadlock.
"""

import hashlib
import os
from pathlib import Path

from . import debian_tools, server_home
from .errors import Trouble

PACKAGE = "libfaketime"
# The one for programs with threads.
PATTERN = "lib/*/faketime/libfaketimeMT.so.1"
NAMES = (
    "LD_PRELOAD",
    "FAKETIME",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "NO_FAKE_STAT",
    "FAKETIME_SHARED",
)
# epoll_wait(), poll() and their like, select(), and sleeping until a moment that a
# busy machine has passed already: under another name they stand in nobody's place.
WAYS_TO_WAIT = {
    b"poll": b"p0ll",
    b"select\0": b"s3lect\0",
    b"clock_nanosleep": b"cl0ck_nanosleep",
}


def variables(ahead: int) -> dict[str, str]:
    """Return the environment of a program whose clock is that many seconds ahead."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{ahead:+d}",
        # Patience is measured by that clock, and needs no shift.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Else compiled files would look stale to each clock in turn.
        "NO_FAKE_STAT": "1",
    }


def library() -> Path:
    """Return our copy, where PostgreSQL's account can read it."""
    content = (_found(Path("/usr")) or _fetched()).read_bytes()
    for name, other in WAYS_TO_WAIT.items():
        content = content.replace(name, other)
    digest = hashlib.sha256(content).hexdigest()[:8]
    copy = server_home.FOLDER / f"{PACKAGE}-{digest}.so"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        partial.write_bytes(content)
        partial.chmod(0o755)
        partial.rename(copy)
    return copy


def _found(root: Path) -> Path | None:
    return next(iter(sorted(root.glob(PATTERN))), None)


def _fetched() -> Path:
    try:
        found = _found(debian_tools.unpacked(PACKAGE) / "usr")
    except Trouble as trouble:
        raise Trouble(
            f"another DAY needs libfaketime: install the package [{trouble}]"
        ) from trouble
    if not found:
        raise Trouble("another DAY needs libfaketime: install the package")
    return found

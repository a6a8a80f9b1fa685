"""Locks between commands of one checkout; the kernel frees them when a command dies."""

import contextlib
import fcntl
import os
import time

from .paths import BUILD
from .progress import say

SILENT_SECONDS = 2


@contextlib.contextmanager
def exclusive(name: str):
    """Hold a named lock, telling the user when another command has it for long."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{name}.lock", "w") as handle:
        if not _taken_within(handle, SILENT_SECONDS):
            say(f"Waiting for another command of this checkout ({name}) …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def exclusive_or(name: str, refusal: Exception):
    """Hold a named lock, or raise `refusal` when another command has it."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{name}.lock", "w") as handle:
        if not _taken_within(handle, 0):
            raise refusal
        yield


def hold_for_ever(name: str) -> None:
    """Hold a named lock until this process ends, whatever program it goes on as."""
    BUILD.mkdir(exist_ok=True)
    # Never closed: the kernel frees it.
    handle = os.open(BUILD / f"{name}.lock", os.O_CREAT | os.O_WRONLY)
    os.set_inheritable(handle, True)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"Waiting for another command of this checkout ({name}) …")
        fcntl.flock(handle, fcntl.LOCK_EX)


def _taken_within(handle, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)

"""Lines that tell what is being done and how long it has taken."""

import contextlib
import os
import sys
import threading
import time

VARIABLE = "WORKBENCH_STARTED"
_steps: list[threading.Event] = []

# A command that goes on in the virtual environment goes on counting.
STARTED = float(os.environ.get(VARIABLE) or time.monotonic())
HEARTBEAT_SECONDS = 20


def say(text: str) -> None:
    """Print one line with the seconds since the command began."""
    elapsed = time.monotonic() - STARTED
    print(f"[{elapsed:4.0f} s] {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str):
    """Announce a step, show that it is still alive, and tell how long it took."""
    say(f"{text} …")
    began = time.monotonic()
    finished = threading.Event()
    beat = threading.Thread(target=_beat, args=(text, finished), daemon=True)
    _steps.append(finished)
    beat.start()
    try:
        yield
    finally:
        finished.set()
        beat.join()
        _steps.remove(finished)
    say(f"{text}: done in {time.monotonic() - began:.1f} s")


def _beat(text: str, finished: threading.Event) -> None:
    while not finished.wait(HEARTBEAT_SECONDS):
        # Of steps within steps, only the innermost speaks.
        if _steps[-1] is finished:
            say(f"  still busy: {text}")

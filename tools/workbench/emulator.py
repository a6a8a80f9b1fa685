"""Run the local Stripe emulator as a process of its own."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from . import odoo_command
from .paths import BUILD, LOGS, RUN, VENV_PYTHON, run_name
from .processes import spawn, stop, wait_until

SECRET_KEY = "sk_test_emulator_default"
PUBLISHABLE_KEY = "pk_test_emulator_default"
START_SECONDS = 30


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator that answers at `url` (no slash at the end)."""

    url: str
    pid: int
    log: Path

    @property
    def stripe_js(self) -> str:
        return f"{self.url}/v3/"


@contextlib.contextmanager
def running_emulator(port: int = 0, state: Path | None = None):
    """Run an emulator for as long as the block lasts; yields a `RunningEmulator`.

    :param port: 0 takes a free one
    :param state: file that keeps the emulator's state from one run to the next
    """
    name = f"emulator_{run_name()}"
    ready, log = RUN / f"{name}.url", LOGS / f"{name}.log"
    RUN.mkdir(parents=True, exist_ok=True)
    command = [str(VENV_PYTHON), "-m", "stripe_emulator", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--ready-file", str(ready)]
    command += ["--state", str(state)] if state else []
    process = spawn(command, log, cwd=BUILD, env=odoo_command.environment())
    try:
        wait_until(
            lambda: _written(ready), process, log, "the Stripe emulator", START_SECONDS
        )
        yield RunningEmulator(_written(ready).rstrip("/"), process.pid, log)
    finally:
        stop(process)
        ready.unlink(missing_ok=True)
    log.unlink(missing_ok=True)


def _written(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""

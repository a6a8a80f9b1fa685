"""Run the linters; the configuration is in `.ruff.toml` and `setup.cfg`."""

import os
import subprocess

from .paths import ROOT, VENV, VENV_PYTHON, present_addons

# Python 3.10 is the oldest that Odoo runs on: nothing newer may be needed.
OLDEST_PYTHON = ["--target=3.10-", "--violations", "--no-tips", "--quiet"]
CODE = ("clinic_invoicing", "clinic_stripe_gateway", "tests", "tools")

# Large models have one file for each subject. setup.cfg cannot leave a message out of
# the group of pylint-odoo's that it switches on.
LEFT_OUT = "consider-merging-classes-inherited"


def run() -> int:
    """Run every linter, so that one call shows everything; return 1 on complaints."""
    ruff = str(VENV / "bin" / "ruff")
    vermin = [str(VENV / "bin" / "vermin"), *OLDEST_PYTHON]
    commands = [
        [ruff, "check", "."],
        [ruff, "format", "--check", "."],
        [*vermin, *(name for name in CODE if (ROOT / name).exists())],
    ]
    if present_addons():
        pylint = [str(VENV_PYTHON), "-m", "pylint", "--rcfile=setup.cfg"]
        commands.append([*pylint, f"--disable={LEFT_OUT}", *present_addons()])
    # pylint keeps its cache in the home folder otherwise.
    environment = {**os.environ, "PYLINTHOME": str(ROOT / "build" / "pylint")}
    results = []
    for command in commands:
        print("$", *(word.removeprefix(f"{ROOT}/") for word in command), flush=True)
        results.append(subprocess.call(command, cwd=ROOT, env=environment))
    return int(any(results))

"""Run steps inside Odoo, in a process of its own: Core knows nothing of our code."""

import json
from pathlib import Path

from workbench import odoo_command
from workbench.paths import RUN, run_name

INSIDE = Path(__file__).parent / "inside"
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import kit
kit.answer(env, {step!r}, {arguments!r}, {path!r})
"""


def run_step(database, step, **arguments):
    """Run ``module.function`` of the folder `inside` with an environment of Odoo.

    :param str step: e.g. `life_cycle.use_core`
    :param arguments: what JSON can hold
    :return: what the function returned
    """
    path = RUN / f"{run_name()}.json"
    script = SCRIPT.format(
        folder=str(INSIDE), step=step, arguments=arguments, path=str(path)
    )
    try:
        odoo_command.execute(database, script, f"the step {step}")
        return json.loads(path.read_text("utf-8"))
    finally:
        path.unlink(missing_ok=True)

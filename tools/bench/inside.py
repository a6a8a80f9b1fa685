"""Run what a benchmark does inside Odoo, where there is an `env`."""

import json
from pathlib import Path

from workbench import odoo_command
from workbench.paths import RUN, run_name

SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import {module} as module
result = module.{function}(env, **{arguments!r})
Path({path!r}).write_text(json.dumps(result))
"""


def inside(database: str, module: str, function: str, **arguments):
    """Run a function of a file beside this one; return its answer.

    :param arguments: and the answer: what JSON can hold
    """
    path = RUN / f"{run_name()}.json"
    script = SCRIPT.format(
        folder=str(Path(__file__).parent),
        module=module,
        function=function,
        arguments=arguments,
        path=str(path),
    )
    odoo_command.execute(database, script, f"the benchmark's {function}")
    try:
        return json.loads(path.read_text())
    finally:
        path.unlink()

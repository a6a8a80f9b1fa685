"""Remove what the commands built in this checkout; what clones share stays in the
cache."""

import shutil

from . import postgres, server_home
from .paths import BUILD, VENV
from .progress import step


def run() -> int:
    """Stop the embedded server, unless a command uses it, and remove what was built."""
    if postgres.is_named():
        _drop_databases()
    with step("Removing build/ and .venv/"):
        postgres.stop_unused()
        server_home.remove()
        shutil.rmtree(BUILD, ignore_errors=True)
        shutil.rmtree(VENV, ignore_errors=True)
    return 0


def _drop_databases() -> None:
    """Drop our databases from a server that is not ours to remove."""
    from . import databases

    with postgres.running():
        databases.drop_matching(f"{databases.PREFIX}.*")

"""The embedded server of a checkout that other accounts may not enter."""

import os
import shutil
import subprocess
import sys

from workbench import paths

USE = """
from workbench import postgres, private_postgres, server_home
import psycopg2

with postgres.running(), private_postgres.private_postgres() as server:
    for connection in (psycopg2.connect(dbname="postgres"), server.connect("postgres")):
        with connection.cursor() as cursor:
            cursor.execute("select 6 * 7")
            print(cursor.fetchone()[0])
        connection.close()
print(server_home.FOLDER)
"""
CLEAN = "from workbench import cleaning; cleaning.run()"


def test_server_leaves_the_modes_of_folders_that_are_not_its_own(tmp_path):
    checkout = tmp_path / "private" / "checkout"
    shutil.copytree(paths.TOOLS, checkout / "tools")
    (checkout / ".venv").symlink_to(paths.VENV)
    (tmp_path / "private").chmod(0o700)
    around = (checkout, *checkout.parents)
    before = [folder.stat().st_mode for folder in around]
    *answers, home = _run(checkout, USE).split()
    assert answers == ["42", "42"]
    assert [folder.stat().st_mode for folder in around] == before
    _run(checkout, CLEAN)
    assert not os.path.exists(home)


def _run(checkout, script: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PG")
    }
    environment["PYTHONPATH"] = str(checkout / "tools")
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.returncode, done.stderr
    return done.stdout

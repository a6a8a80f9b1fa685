"""A virtual environment that holds nothing but what it is told."""

import os
import subprocess
import sys
from pathlib import Path


class CleanEnvironment:
    """One of this Python's, in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.python = folder / "bin" / "python"
        # Not this environment's Python: it would bring its packages along.
        python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
        self._run(str(python), "-m", "venv", str(folder))

    def install(self, *words: str) -> None:
        """Run `pip install` with these words."""
        self._run(str(self.python), "-m", "pip", "install", "--quiet", *words)

    def run(self, *words: str, **variables: str) -> str:
        """Run Python with these words; return what it says."""
        return self._run(str(self.python), *words, **variables)

    def _run(self, *command: str, **variables: str) -> str:
        done = subprocess.run(
            command,
            env={**self.variables(), **variables},
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
        )
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment variables of what runs here."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "ODOO_", "VIRTUAL_ENV"))
        }
        return {**kept, "TZ": "UTC", **more}

"""Which state of the checkout `make test` has seen pass.

`make test-all` begins with `make test`, unless that has passed on just these files.
"""

import hashlib
import os
import sys
from pathlib import Path

from . import odoo_source
from .paths import BUILD, ROOT

NOTE = BUILD / "tested"
NOT_OURS = {".git", ".hypothesis", ".ruff_cache", ".venv", "__pycache__", "build"}


def state(root: Path = ROOT) -> str:
    """Return a hash of every file of the checkout, and of what runs them."""
    odoo = odoo_source.locate(fetch=False)
    digest = hashlib.sha256(f"{sys.version} {odoo.version}".encode())
    for path in _files(root):
        name = str(path.relative_to(root)).encode()
        digest.update(name + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def note(passed: str) -> None:
    """Remember that all tests have passed on this state, if it is still there."""
    if passed == state():
        BUILD.mkdir(exist_ok=True)
        NOTE.write_text(passed)


def has_passed() -> bool:
    return NOTE.exists() and NOTE.read_text() == state()


def _files(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.is_file())

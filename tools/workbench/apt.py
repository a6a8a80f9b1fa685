"""Fetch and unpack Debian packages without root and without touching the machine's apt.

The archive's address and its keyring are read from the machine's own apt configuration,
in both of its formats; only the suite differs. Lists and downloads go to a folder of
ours.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import Trouble, last_line

SOURCES_LIST = Path("/etc/apt/sources.list")
SOURCES_PARTS = Path("/etc/apt/sources.list.d")
SIDE_SUITES = re.compile(r"-(security|updates|backports|proposed-updates)|/")


@dataclass(frozen=True)
class Archive:
    """One archive that this machine already trusts."""

    address: str
    signed_by: str = ""

    def source_line(self, suite: str) -> str:
        options = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        return f"deb {options}{self.address} {suite} main"


def configured_archive(
    sources_list: Path = SOURCES_LIST, sources_parts: Path = SOURCES_PARTS
) -> Archive:
    """Return the archive that the machine's own apt uses for its main packages."""
    parts = sorted(sources_parts.glob("*")) if sources_parts.is_dir() else []
    for path in [sources_list, *parts]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            reader = _deb822_archive if path.suffix == ".sources" else _list_archive
            archive = reader(path.read_text(encoding="utf-8"))
            if archive:
                return archive
    raise Trouble("apt has no package archive configured on this machine")


def _list_archive(text: str) -> Archive | None:
    pattern = re.compile(r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<rest>\S.*)$")
    for line in text.splitlines():
        match = pattern.match(line.split("#")[0].strip())
        if not match:
            continue
        address, suite, *components = match["rest"].split()
        if "main" in components and not SIDE_SUITES.search(suite):
            key = re.search(r"signed-by=(\S+)", match["options"] or "")
            return Archive(address, key[1] if key else "")
    return None


def _deb822_archive(text: str) -> Archive | None:
    for stanza in re.split(r"\n\s*\n", text):
        fields = _deb822_fields(stanza)
        suites = fields.get("suites", "").split()
        if (
            fields.get("enabled", "yes") != "no"
            and "deb" in fields.get("types", "").split()
            and "main" in fields.get("components", "").split()
            and any(not SIDE_SUITES.search(suite) for suite in suites)
        ):
            key = fields.get("signed-by", "")
            # A key written into the stanza itself is no file that a source line could
            # name.
            return Archive(
                fields["uris"].split()[0], key if key.startswith("/") else ""
            )
    return None


def _deb822_fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


class Downloader:
    """apt with lists and a cache of its own below one folder."""

    def __init__(
        self, folder: Path, archive: Archive | None = None, suites: Sequence[str] = ()
    ):
        """Use these suites of an archive, or else the machine's own sources."""
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.sources = folder / "sources.list" if archive else None
        if archive:
            lines = [archive.source_line(suite) for suite in suites]
            self.sources.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @staticmethod
    def is_possible() -> bool:
        return all(shutil.which(tool) for tool in ("apt-get", "dpkg-deb"))

    def update(self) -> None:
        # Without this a lost connection is a warning, and old lists are used. Among the
        # machine's own sources there may be one that is broken and not needed.
        strict = ["-oAPT::Update::Error-Mode=any"] if self.sources else []
        self._apt_get("update", *strict)

    def download(self, packages: list[str]) -> dict[str, Path]:
        """Fetch packages (`name`, `name=version` or `name/suite`); return their files
        by name."""
        self._apt_get("download", *packages, cwd=self.folder / "debs")
        files = (self.folder / "debs").glob("*.deb")
        return {path.name.split("_")[0]: path for path in files}

    def download_missing(self, packages: Sequence[str]) -> list[Path]:
        """Fetch packages and those of their dependencies that the machine lacks."""
        self._apt_get(
            "install",
            "--download-only",
            # Also what is installed but cannot be found by this user.
            "--reinstall",
            "--yes",
            "--no-install-recommends",
            # The locks are root's, and nothing that they guard is written.
            "-oDebug::NoLocking=1",
            *packages,
        )
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))

    def offers(self, package: str, version: str) -> bool:
        shown = self._run("apt-cache", "show", f"{package}={version}")
        return shown.returncode == 0 and f"Version: {version}\n" in shown.stdout

    def _apt_get(self, *arguments: str, cwd: Path | None = None) -> None:
        result = self._run("apt-get", "-qq", *arguments, cwd=cwd)
        if result.returncode:
            reason = last_line(result.stderr)
            raise Trouble(f"apt-get {arguments[0]} failed ({reason})")

    def _run(self, tool: str, *arguments: str, cwd: Path | None = None):
        own_sources = [
            f"-oDir::Etc::SourceList={self.sources}",
            "-oDir::Etc::SourceParts=/dev/null",
        ]
        options = [
            *(own_sources if self.sources else []),
            f"-oDir::State::Lists={self.folder / 'lists'}",
            f"-oDir::Cache={self.folder / 'cache'}",
            # Compressed lists are enough, and the optional indexes would only cost
            # time.
            "-oAcquire::Languages=none",
            "-oAcquire::Retries=2",
        ]
        return subprocess.run(
            [tool, *options, *arguments],
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


def unpack(package_file: Path, root: Path) -> None:
    subprocess.run(["dpkg-deb", "-x", str(package_file), str(root)], check=True)

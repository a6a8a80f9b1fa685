"""What is fetched for the set-up, and what is said when it cannot be."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from workbench import (
    apt,
    browser,
    cli,
    debian_tools,
    odoo_source,
    paths,
    venv,
)
from workbench.errors import Trouble


@pytest.fixture
def empty_machine(monkeypatch, tmp_path):
    """A machine without Odoo in its cache, with no tools on its path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("ODOO_PATH", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def install_tool(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


# --- missing tools and lost connections


def test_without_any_tool_the_message_names_odoo_path(empty_machine):
    with pytest.raises(Trouble, match="set ODOO_PATH") as trouble:
        odoo_source.locate()
    assert "apt-get" in str(trouble.value)
    assert "git is not installed" in str(trouble.value)


def test_lost_connection_says_to_try_again_and_leaves_no_half_tree(empty_machine):
    install_tool(empty_machine, "git", "mkdir -p $6; echo no route >&2; exit 128")
    with pytest.raises(Trouble, match="no route.*check the network connection"):
        odoo_source.locate()
    assert os.listdir(paths.cache()) == []


def test_interrupted_fetch_leaves_no_half_tree(empty_machine, monkeypatch):
    def interrupted(target):
        target.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(odoo_source, "_fetch_debian", interrupted)
    with pytest.raises(KeyboardInterrupt):
        odoo_source.locate()
    assert os.listdir(paths.cache()) == []


def test_apt_that_cannot_reach_its_archive_gives_its_last_word(empty_machine):
    install_tool(empty_machine, "apt-get", "echo 'E: no route' >&2; exit 100")
    downloader = apt.Downloader(empty_machine, apt.Archive("file:/nowhere"), ["sid"])
    with pytest.raises(Trouble, match="E: no route"):
        downloader.update()


def test_pip_without_network_says_to_try_again(empty_machine, monkeypatch):
    install_tool(empty_machine, "python", "echo 'ERROR: no network' >&2; exit 1")
    monkeypatch.setattr(venv, "VENV_PYTHON", empty_machine / "bin" / "python")
    with pytest.raises(Trouble, match="check the network connection.*no network"):
        venv._pip_install("anything")


def test_python_without_venv_names_the_package_to_install(monkeypatch):
    monkeypatch.setattr(venv.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Trouble, match="python3-venv"):
        venv.check_python()


# --- programs from Debian's packages

FETCHES = """
case "$*" in *download-only*)
    for word in "$@"; do
        case $word in -oDir::Cache=*) touch "${word#*=}/archives/x.deb" ;; esac
    done ;;
esac
"""


UNPACKS = """
mkdir -p "$3/usr/lib/chromium"
printf '#!/bin/sh\\n%s\\n' "@" > "$3/usr/lib/chromium/chromium-headless-shell"
chmod +x "$3/usr/lib/chromium/chromium-headless-shell"
"""


@pytest.fixture
def debian(empty_machine):
    """A machine with Debian's tools; what they fetch runs as the returned says."""
    for name in ("cat", "chmod", "mkdir", "sh", "touch"):
        (empty_machine / "bin" / name).symlink_to(shutil.which(name, path=os.defpath))
    install_tool(empty_machine, "apt-get", FETCHES)

    def fetch_what_runs(script):
        install_tool(empty_machine, "dpkg-deb", UNPACKS.replace("@", script))

    return fetch_what_runs


def test_missing_program_is_fetched_once_and_found_again(debian, monkeypatch):
    debian("echo fetched")
    debian_tools.provide([debian_tools.CHROMIUM])
    fetched = debian_tools.find(debian_tools.CHROMIUM)
    said = subprocess.run([fetched], capture_output=True, text=True)
    assert said.stdout == "fetched\n"
    assert Path(browser.executable()) == fetched
    monkeypatch.setattr(apt.Downloader, "update", None)
    debian_tools.provide([debian_tools.CHROMIUM])


def test_program_of_the_machine_goes_before_the_fetched_one(debian, empty_machine):
    debian("echo fetched")
    debian_tools.provide([debian_tools.CHROMIUM])
    install_tool(empty_machine, "chromium-headless-shell", "echo own")
    assert debian_tools.find(debian_tools.CHROMIUM).parent == empty_machine / "bin"


def test_another_chromium_stands_in_where_the_shell_cannot_be_fetched(
    debian, empty_machine, capfd
):
    install_tool(empty_machine, "chromium", "echo own")
    debian("echo no such library >&2; exit 127")
    debian_tools.provide([debian_tools.CHROMIUM])
    own = empty_machine / "bin" / "chromium"
    assert debian_tools.find(debian_tools.CHROMIUM) == own
    assert f"Going on with {own}" in capfd.readouterr().err
    debian("echo fetched")
    debian_tools.provide([debian_tools.CHROMIUM])
    assert debian_tools.find(debian_tools.CHROMIUM) != own


def test_what_is_fetched_answers_to_the_name_by_which_odoo_looks_for_it(debian):
    debian("echo fetched")
    debian_tools.provide([debian_tools.CHROMIUM])
    said = subprocess.run([debian_tools.folder() / "chromium"], capture_output=True)
    assert said.stdout == b"fetched\n"


def test_program_that_does_not_run_is_not_kept(debian):
    debian("echo no such library >&2; exit 127")
    with pytest.raises(Trouble, match="chromium could not be fetched.*no such library"):
        debian_tools.provide([debian_tools.CHROMIUM])
    assert not debian_tools.find(debian_tools.CHROMIUM)
    debian("echo fetched")
    debian_tools.provide([debian_tools.CHROMIUM])
    assert debian_tools.find(debian_tools.CHROMIUM)


def test_lost_connection_is_one_sentence_and_leaves_nothing(debian, empty_machine):
    install_tool(empty_machine, "apt-get", "echo 'E: no route' >&2; exit 100")
    debian("")
    with pytest.raises(Trouble, match="could not be fetched.*E: no route.*install it"):
        debian_tools.provide([debian_tools.CHROMIUM])
    assert not [path for path in paths.cache().rglob("*") if path.is_file()]


def test_demo_goes_on_without_what_it_would_only_miss(empty_machine, capfd):
    cli._provide_tools("demo")
    assert "Going on without: wkhtmltopdf" in capfd.readouterr().err


# --- an Odoo that is there


def test_odoo_path_without_odoo_19_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(Trouble, match=r"holds no Odoo 19\.0"):
        odoo_source.locate()


def test_odoo_path_of_another_series_is_refused(monkeypatch, tmp_path):
    make_odoo(tmp_path, series="(18, 0, 0, FINAL, 0, '')")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(Trouble, match=r"holds no Odoo 19\.0"):
        odoo_source.locate()


def test_odoo_path_may_be_a_git_checkout(monkeypatch, tmp_path):
    make_odoo(tmp_path)
    (tmp_path / "addons" / "account").mkdir(parents=True)
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    tree = odoo_source.locate()
    assert tree.import_path == tmp_path
    assert tree.addons == (tmp_path / "odoo" / "addons", tmp_path / "addons")


def make_odoo(folder: Path, series: str = "(19, 0, 0, FINAL, 0, '')") -> None:
    (folder / "odoo").mkdir()
    (folder / "odoo" / "release.py").write_text(f"version_info = {series}\n")


# --- apt's own configuration

LIST_FORMAT = """
# deb http://commented.example/debian stable main
deb-src http://archive.example/debian stable main
deb http://security.example/debian-security stable-security main
deb [arch=amd64 signed-by=/keys/archive.gpg] http://archive.example/debian stable main
"""


DEB822_FORMAT = """
Types: deb
URIs: http://security.example/debian-security
Suites: stable-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: stable
Components: main

Types: deb deb-src
# http://commented.example/debian
URIs: http://archive.example/debian
Suites: stable stable-updates
Components: main contrib
Signed-By: /keys/archive.gpg
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("sources.list", LIST_FORMAT), ("sources.list.d/debian.sources", DEB822_FORMAT)],
)
def test_archive_is_read_from_both_formats_of_apt(tmp_path, name, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    archive = apt.configured_archive(
        tmp_path / "sources.list", tmp_path / "sources.list.d"
    )
    assert archive == apt.Archive("http://archive.example/debian", "/keys/archive.gpg")
    assert archive.source_line("unstable") == (
        "deb [signed-by=/keys/archive.gpg] http://archive.example/debian unstable main"
    )


def test_machine_without_an_archive_is_told(tmp_path):
    with pytest.raises(Trouble, match="no package archive"):
        apt.configured_archive(tmp_path / "none", tmp_path / "none.d")


def test_checksum_of_the_pinned_version_must_fit(tmp_path):
    pin = odoo_source.Pin("unstable", "odoo-19", "19.0-1", "0" * 64)
    package = tmp_path / "odoo-19_19.0-1_all.deb"
    package.write_bytes(b"changed on the way")
    with pytest.raises(Trouble, match="checksum"):
        odoo_source._check(package, pin)


def test_newer_version_rests_on_the_signature_alone(tmp_path):
    pin = odoo_source.Pin("unstable", "odoo-19", "19.0-1", "0" * 64)
    package = tmp_path / "odoo-19_19.0-2_all.deb"
    package.write_bytes(b"newer")
    odoo_source._check(package, pin)


def test_every_pin_has_a_checksum():
    pins = odoo_source.read_pins()
    assert {"odoo-19", "libjs-jquery"} <= {pin.package for pin in pins}
    assert all(len(pin.sha256) == 64 for pin in pins)

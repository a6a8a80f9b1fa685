"""A machine without Chromium and wkhtmltopdf gets them by itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from workbench import apt, debian_tools
from workbench.browser import running_browser

PAGE = "<h1 style='color: #f00'>What is owed</h1>"
TOOLS = (debian_tools.CHROMIUM, debian_tools.WKHTMLTOPDF)


@pytest.fixture
def without_tools(monkeypatch, tmp_path):
    """A path of all that this machine has, but for those tools."""
    hidden = {name for tool in TOOLS for name in (tool.name, *tool.stand_ins)}
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for program in Path(place).glob("*"):
            link = folder / program.name
            if program.name not in hidden and not link.is_symlink():
                link.symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if not apt.Downloader.is_possible():
        # Elsewhere there is one sentence; see tests/unit/test_workbench.py.
        assert not shutil.which("apt-get")
        return False
    return True


def test_fetched_programs_show_and_print_a_page(without_tools, tmp_path):
    if not without_tools:
        return
    assert not any(map(debian_tools.find, TOOLS))
    debian_tools.provide(TOOLS)
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    with running_browser() as browser:
        shown = browser.new_page()
        shown.goto(page.as_uri())
        assert shown.screenshot().startswith(b"\x89PNG")
        assert shown.inner_text("h1") == "What is owed"
    printer = debian_tools.find(debian_tools.WKHTMLTOPDF)
    printed = tmp_path / "page.pdf"
    subprocess.run([printer, "--quiet", page, printed], check=True)
    assert printed.read_bytes().startswith(b"%PDF-")

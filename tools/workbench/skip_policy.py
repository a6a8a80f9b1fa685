"""pytest plugin: a test may only be skipped for a reason that a document names.

A skipped test looks like a passed one to whoever reads the last line, so each reason
must stand in the section "Skipped tests" of docs/developer/testing.md.
"""

import re

import pytest

from .paths import ROOT

DOCUMENT = ROOT / "docs" / "developer" / "testing.md"
HEADING = re.compile(
    r"^#+\s*skipped tests\s*$(?P<text>.*?)(?=^#|\Z)", re.I | re.M | re.S
)


def named_reasons(document: str) -> str:
    """Return the text of the section in which reasons are named."""
    section = HEADING.search(document)
    return _one_line(section["text"]) if section else ""


def unnamed(skipped: list[tuple[str, str]], document: str) -> list[tuple[str, str]]:
    """Return the (test, reason) pairs whose reason the document does not name."""
    named = named_reasons(document)
    return [
        (test, reason) for test, reason in skipped if _one_line(reason) not in named
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


class SkipPolicy:
    """Collects skipped tests and fails the run on those without a named reason."""

    def __init__(self):
        self.skipped: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped.append((report.nodeid, _reason(report)))

    def pytest_collectreport(self, report):
        if report.skipped:
            self.skipped.append((report.nodeid, _reason(report)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        passing = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._offenders() and session.exitstatus in passing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        for test, reason in self._offenders():
            terminalreporter.write_line(
                f"SKIPPED WITHOUT A REASON IN {DOCUMENT.relative_to(ROOT)}:"
                f" {test} ({reason})",
                red=True,
            )

    def _offenders(self):
        return unnamed(self.skipped, DOCUMENT.read_text(encoding="utf-8"))


def _reason(report) -> str:
    """Return why a test was skipped or expected to fail."""
    if hasattr(report, "wasxfail"):
        return report.wasxfail or "expected to fail"
    location = report.longrepr
    text = location[2] if isinstance(location, tuple) else str(location)
    return text.removeprefix("Skipped: ")


def pytest_configure(config):
    config.pluginmanager.register(SkipPolicy(), "workbench-skip-policy")

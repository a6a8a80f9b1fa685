"""The oldest packages that requirements.txt allows will do."""

import re

from clean_environment import CleanEnvironment

from workbench.paths import ROOT, TOOLS

# The emulator's HTTP is Werkzeug's.
NEEDED_BY_THE_TESTS = ("hypothesis", "pytest", "typing_extensions", "werkzeug")


def test_adapter_works_with_the_oldest_packages(tmp_path):
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    bounds = re.findall(r"^([\w-]+)>=([\d.]+)", requirements, re.M)
    assert dict(bounds).keys() == {"cryptography", "packaging", "stripe"}
    environment = CleanEnvironment(tmp_path / "environment")
    # Odoo alone uses packaging.
    bounds = [bound for bound in bounds if bound[0] != "packaging"]
    environment.install(*map("==".join, bounds), *NEEDED_BY_THE_TESTS)
    tests = sorted(map(str, ROOT.glob("tests/unit/test_adapter_*.py")))
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    environment.run(*options, "-c", "/dev/null", *tests, PYTHONPATH=str(TOOLS))

"""The files of the addons, as the tests of this folder read them."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ("clinic_invoicing", "clinic_stripe_gateway")


def code_files(*folders):
    """Return the addons' Python files, or those of the named folders; no tests."""
    found = [
        path
        for folder in folders or ADDONS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "tests" not in path.relative_to(ROOT).parts
    ]
    assert found, f"no code in {folders}: the test would prove nothing"
    return found


def files_of_tests():
    """Return the Python files of all tests."""
    folders = [ROOT / "tests", *(ROOT / addon / "tests" for addon in ADDONS)]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def name_of(path):
    """Return how a file is called in a message."""
    return str(path.relative_to(ROOT))


def manifest(addon):
    """Return an addon's manifest."""
    return ast.literal_eval((ROOT / addon / "__manifest__.py").read_text("utf-8"))


def imports(path):
    """Return the full names of what a file imports, relative ones as addon paths."""
    package = ["odoo", "addons", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)

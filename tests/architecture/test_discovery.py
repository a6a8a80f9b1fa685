"""No test is left out silently: Odoo's own runner reads imports and tags, not names."""

import ast

import pytest

from .sources import ADDONS, ROOT, name_of


def test_files(addon):
    return sorted((ROOT / addon / "tests").rglob("test_*.py"))


test_files.__test__ = False  # A helper, whatever its name.


def classes(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("addon", ADDONS)
def test_every_test_file_is_imported(addon):
    folder = ROOT / addon / "tests"
    tree = ast.parse((folder / "__init__.py").read_text("utf-8"))
    imported = [
        (*filter(None, (node.module or "").split(".")), alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    ]
    files = [
        path.relative_to(folder).with_suffix("").parts for path in test_files(addon)
    ]
    assert files
    assert sorted(imported) == sorted(files)
    # Odoo's own runner sees them under these names alone.
    names = [name for *_room, name in imported]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("addon", ADDONS)
def test_every_test_of_an_addon_is_one_of_odoos_test_cases(addon):
    for path in test_files(addon):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
        ]
        assert not functions, f"{name_of(path)}: only classes are found by Odoo"
        for node in classes(path):
            bases = {ast.unparse(base) for base in node.bases}
            plain = bases & {"TestCase", "unittest.TestCase", "IsolatedAsyncioTestCase"}
            assert not plain, f"{name_of(path)}: {node.name} has no tags"


@pytest.mark.parametrize("addon", ADDONS)
def test_every_class_of_tests_holds_tests_and_runs_after_the_install(addon):
    for path in test_files(addon):
        assert classes(path), name_of(path)
        for node in classes(path):
            names = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
            tests = [name for name in names if name.startswith("test_")]
            assert tests or not node.name.startswith("Test"), node.name
            assert "test_tags" not in names, "it would hide Odoo's own attribute"
            assert len(tests) == len(set(tests)), f"{node.name} names a test twice"
            if tests and not is_free_of_charts(node):
                decorators = [ast.unparse(each) for each in node.decorator_list]
                assert "tagged('post_install', '-at_install')" in decorators, node.name


def is_free_of_charts(node):
    """Whether a class needs no accounting, so that it may run during the install."""
    return {ast.unparse(base) for base in node.bases} <= {"BaseCase"}

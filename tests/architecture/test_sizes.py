"""Code that is read from top to bottom: short functions, and files of one story."""

import ast
import statistics

from .sources import code_files, files_of_tests, name_of

MEDIAN, NINE_OF_TEN, LONGEST = 7, 17, 40
# Of code and of tests. A file may be longer when it has a reason; none has one now.
LONGEST_FILE = 500


def length(function):
    """Return a function's lines without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        told = function.body[0]
        lines -= told.end_lineno - told.lineno + 1
    return lines


def functions():
    for path in code_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{name_of(path)}:{node.lineno} {node.name}", length(node)


def test_functions_are_short():
    lengths = dict(functions())
    assert statistics.median(lengths.values()) <= MEDIAN
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= NINE_OF_TEN
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST}


def test_files_tell_one_story():
    lines = {
        name_of(path): len(path.read_text("utf-8").splitlines())
        for path in (*code_files(), *files_of_tests())
    }
    assert any("/tests/" in name for name in lines)
    assert not {name: count for name, count in lines.items() if count > LONGEST_FILE}


def test_a_docstring_is_not_counted():
    tree = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert length(tree.body[0]) == 2

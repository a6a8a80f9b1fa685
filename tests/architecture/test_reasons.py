"""What goes around a guard says why, and nothing unfinished stays behind."""

import ast
import io
import re
import tokenize

import pytest

from .sources import ADDONS, ROOT, code_files, name_of

# What needs a reason, and the words by which a docstring gives it.
GUARDED = {
    "sudo": "sudo",
    "execute": "SQL",
    "execute_query": "SQL",
    "execute_query_dict": "SQL",
    "commit": "commit",
    "rollback": "roll",
    "with_context": "context",
}
LINES_ABOVE = 3
TEXT_FILES = (".py", ".xml", ".js", ".scss", ".csv")


def comments(path):
    """Return the comments of a Python file by line."""
    with open(path, "rb") as file:
        return {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.tokenize(file.readline)
            if token.type == tokenize.COMMENT
        }


def functions(tree):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def guarded_calls(tree):
    """Return ``(name, first line of the statement, line of the call)``."""
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt) or hasattr(statement, "body"):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", "")
                if any(keyword.arg == "su" for keyword in node.keywords):
                    name = "sudo"
                if name in GUARDED:
                    yield name, statement.lineno, node.end_lineno


def without_reason(path, source=None):
    """Return the guarded calls of a file that nothing explains."""
    source = source or path.read_text("utf-8")
    tree = ast.parse(source)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    explained = {t.start[0] for t in tokens if t.type == tokenize.COMMENT}
    for name, first, line in guarded_calls(tree):
        if explained & set(range(first - LINES_ABOVE, line + 1)):
            continue
        around = [f for f in functions(tree) if f.lineno <= line <= f.end_lineno]
        docstrings = " ".join(ast.get_docstring(f) or "" for f in around)
        if not re.search(rf"\b{GUARDED[name]}", docstrings):
            yield f"{path and name_of(path)}:{line}: {name}"


def test_everything_that_goes_around_a_guard_says_why():
    assert not [line for path in code_files() for line in without_reason(path)]


@pytest.mark.parametrize("call", ["x.sudo()", "x(su=True)", "cr.execute('')"])
def test_a_call_without_a_reason_is_found(call):
    for source in (f"def f(x, cr):\n    return {call}\n", f"y = {call}\n"):
        assert list(without_reason(None, source))
    assert not list(without_reason(None, f"# Because.\ny = {call}\n"))
    assert list(without_reason(None, f"# Too far.\n\n\n\ny = {call}\n"))


def test_templates_that_go_around_access_rights_say_why():
    for addon in ADDONS:
        for path in (ROOT / addon).rglob("*.xml"):
            lines = path.read_text("utf-8").splitlines()
            for number, line in enumerate(lines):
                above = lines[max(0, number - LINES_ABOVE) : number + 1]
                explained = any("<!--" in each or "-->" in each for each in above)
                assert "sudo()" not in line or explained, (
                    f"{name_of(path)}:{number + 1}"
                )


def test_nothing_is_left_to_be_done():
    for addon in ADDONS:
        for path in (ROOT / addon).rglob("*"):
            if path.suffix in TEXT_FILES:
                for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                    unfinished = re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
                    assert not unfinished, f"{name_of(path)}:{number}"


def is_code(comment):
    """Whether a comment is a statement of Python; sentences are none."""
    if comment.startswith("pylint:"):
        return False
    try:
        (statement, *_more) = ast.parse(comment.strip()).body
    except (SyntaxError, ValueError):
        return False
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await | ast.Yield)
    return not isinstance(statement, ast.AnnAssign) or statement.value is not None


def test_no_code_is_commented_out():
    for path in code_files():
        for number, comment in comments(path).items():
            assert not is_code(comment), f"{name_of(path)}:{number}"


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("tx._post_process()", True),
        ("self.state = 'done'", True),
        ("import stripe", True),
        ("return tx", True),
        ("sudo: Stripe has no user", False),
        ("Last", False),
        ("Another worker may be settling it.", False),
    ],
)
def test_code_is_told_from_sentences(comment, expected):
    assert is_code(comment) is expected


def test_no_view_is_commented_out():
    for addon in ADDONS:
        for path in (ROOT / addon).rglob("*.xml"):
            for comment in re.findall(r"<!--(.*?)-->", path.read_text("utf-8"), re.S):
                assert not re.search(r"</?\w+[^>]*>", comment), name_of(path)

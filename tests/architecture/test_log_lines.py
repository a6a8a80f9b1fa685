"""Our own lines in the log hold identifiers, and words that the program wrote."""

import ast

from .sources import code_files, name_of

# What a person, or what somebody has typed, is read by.
NAMING = {"complete_name", "display_name", "email", "name", "phone", "street"}


def naming_log_calls(tree):
    """Return the lines of calls of `_logger` that are given somebody's name."""
    return [
        call.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "_logger"
        and any(
            isinstance(part, ast.Attribute) and part.attr in NAMING
            for argument in call.args
            for part in ast.walk(argument)
        )
    ]


def test_no_line_of_ours_is_given_a_name():
    assert code_files()
    named = [
        f"{name_of(path)}:{line}"
        for path in code_files()
        for line in naming_log_calls(ast.parse(path.read_text("utf-8")))
    ]
    assert not named


def test_a_name_would_be_found():
    tree = ast.parse("_logger.info('Told %s', payer.sudo().display_name)")
    assert naming_log_calls(tree) == [1]

import ast
import functools
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.models import BaseModel

from odoo.addons.account.models.account_partial_reconcile import AccountPartialReconcile
from odoo.addons.account.models.account_payment import AccountPayment
from odoo.addons.payment.models.payment_transaction import PaymentTransaction

MOST_FILES, MOST_TURNS = 20, 15
# How the folders of our addons begin.
OURS = "clinic_"
# What becomes of money on its way, as Core does it.
STEPS = (
    (BaseModel, "lock_for_update"),
    (BaseModel, "try_lock_for_update"),
    (PaymentTransaction, "create"),
    (PaymentTransaction, "_charge_with_token"),
    (PaymentTransaction, "_update_state"),
    (AccountPayment, "create"),
    (AccountPayment, "action_post"),
    (AccountPartialReconcile, "create"),
)


@functools.cache
def _find_functions(path):
    """Return the functions of a file by their first line."""
    return {
        min([node.lineno, *(each.lineno for each in node.decorator_list)]): node
        for node in ast.walk(ast.parse(Path(path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


class Walk:
    """The functions of ours that run while something becomes of money.

    What is only asked on the way has answered by then, and is not on it.
    """

    def __init__(self):
        self._functions = set()

    def note(self):
        """Add what runs at this moment."""
        frame = sys._getframe(1)
        while frame:
            code = frame.f_code
            if _is_ours(code):
                self._functions.add((code.co_filename, code.co_firstlineno))
            frame = frame.f_back

    @property
    def files(self):
        """Return the files that somebody reads who follows it."""
        return sorted({_shorten(path) for path, _line in self._functions})

    @property
    def turns(self):
        """Return where it can end otherwise: each `return` of a function but one."""
        return sorted(
            f"{_shorten(path)} {function.name}"
            for path, line in self._functions
            for function in [_find_functions(path)[line]]
            for _turn in _find_returns(function)[1:]
        )


def _is_ours(code):
    path = _shorten(code.co_filename)
    return path and "/tests/" not in path and not code.co_name.startswith("<")


@functools.cache
def _shorten(path):
    """Return the path of a file of ours from its addon on, nothing of others."""
    *folders, name = Path(path).parts
    ours = [index for index, part in enumerate(folders) if part.startswith(OURS)]
    return "/".join([*folders[ours[0] :], name]) if ours else ""


def _find_returns(function):
    inner = {
        each
        for node in ast.walk(function)
        if isinstance(node, ast.FunctionDef | ast.Lambda) and node is not function
        for each in ast.walk(node)
    }
    returns = (node for node in ast.walk(function) if isinstance(node, ast.Return))
    return [each for each in returns if each not in inner]


@contextmanager
def walking(*more_steps):
    """Follow what is done inside; hand over the walk."""
    walk = Walk()

    def noted(original):
        @functools.wraps(original)
        def step(*args, **kwargs):
            walk.note()
            return original(*args, **kwargs)

        return step

    with ExitStack() as stack:
        for owner, name in (*STEPS, *more_steps):
            step = noted(owner.__dict__[name])
            stack.enter_context(patch.object(owner, name, step))
        yield walk


class WalkCommon:
    """A mixin of tests: no way of money is longer than somebody can follow."""

    walk_steps = ()

    @contextmanager
    def _walking(self):
        with walking(*self.walk_steps) as walk:
            yield walk
        self.assertGreater(len(walk.files), 3, "nothing was followed")
        told = "\n".join([*walk.files, "turns:", *walk.turns])
        self.assertLessEqual(len(walk.files), MOST_FILES, told)
        self.assertLessEqual(len(walk.turns), MOST_TURNS, told)

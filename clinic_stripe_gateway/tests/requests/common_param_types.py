"""Judge requests by the SDK's own parameter types.

Independent of the emulator, which reads the same types in its own way: a mistake of one
of them does not hide in the other.
"""

import re
import sys
import types
import typing
from collections.abc import Mapping
from typing import get_args, get_origin

import stripe
from stripe._request_options import RequestOptions
from stripe._stripe_context import StripeContext
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import NotRequired, Required, get_type_hints, is_typeddict

# Names that look like ids.
LISTS = (
    "payment_intents",
    "payment_methods",
    "setup_intents",
    "webhook_endpoints",
    "balance_transactions",
    "early_fraud_warnings",
)
STRIPE_ID = re.compile(r"[a-z]+_[A-Za-z0-9_]+")
SHAPES = {
    int: re.compile(r"-?\d+"),
    float: re.compile(r"-?\d+(\.\d+)?"),
    bool: re.compile("true|false"),
    str: re.compile(".*", re.DOTALL),
}
# Names that the SDK imports for type checkers only.
CHECKER_ONLY = {"Mapping": Mapping, "StripeContext": StripeContext}


def endpoint_of(request):
    """Return what a request asks for: its method, and its path without ids."""
    names = request["path"].removeprefix("/v1/").split("/")
    known = [
        "*" if STRIPE_ID.fullmatch(name) and name not in LISTS else name
        for name in names
    ]
    return f"{request['method']} {'/'.join(known)}"


def complaints(type_name, params):
    """Return what does not fit into a type of ``stripe.params``, as sentences."""
    return list(_check(_find_type(type_name), params, type_name))


def _find_type(type_name):
    found = stripe.params
    for part in type_name.split("."):
        found = getattr(found, part)
    return found


def _check(hint, value, where):
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        yield from _check_dictionary(hint, value, where)
    elif origin in (typing.Union, types.UnionType):
        yield from _check_union(arguments, value, where)
    elif origin in (Required, NotRequired):
        yield from _check(arguments[0], value, where)
    elif origin in (list, dict, UntypedStripeObject):
        yield from _check_members(origin, arguments[-1], value, where)
    else:
        fits = isinstance(value, str) and (
            value in arguments
            if origin is typing.Literal
            else SHAPES[hint].fullmatch(value)
        )
        if not fits:
            yield f"{where} may not be {value!r}"


def _check_members(origin, hint, value, where):
    """Check what has any number of members: a list, or names that are free."""
    if not isinstance(value, list if origin is list else dict):
        yield f"{where} may not be {value!r}"
        return
    members = enumerate(value) if origin is list else value.items()
    for name, each in members:
        yield from _check(hint, each, f"{where}[{name}]")


def _check_dictionary(hint, value, where):
    if not isinstance(value, dict):
        yield f"{where} may not be {value!r}"
        return
    module = sys.modules[hint.__module__]
    names = {**vars(typing), **vars(module), **CHECKER_ONLY}
    hints = get_type_hints(hint, globalns=names)
    transport = set(RequestOptions.__annotations__)
    for name in sorted(value.keys() - (hints.keys() - transport)):
        yield f"{where} has no {name}"
    for name in sorted(hint.__required_keys__ - transport - value.keys()):
        yield f"{where} lacks {name}"
    for name in value.keys() & hints.keys():
        yield from _check(hints[name], value[name], f"{where}[{name}]")


def _check_union(arguments, value, where):
    """A closed list of values stands beside ``str`` for clients that are older."""
    options = [each for each in arguments if each is not type(None)]
    if any(get_origin(each) is typing.Literal for each in options):
        options = [each for each in options if each is not str]
    found = [list(_check(each, value, where)) for each in options]
    if all(found):
        yield from min(found, key=len)

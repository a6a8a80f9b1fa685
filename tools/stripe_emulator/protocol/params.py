"""The types of request parameters, read from the SDK's own TypedDicts.

The SDK's types are generated from Stripe's specification, so they say for its current
API version which parameters exist, which are required and what fits into them. Older
versions start from the same types plus the additions in `extra_params.py`.
"""

import functools
import importlib
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from stripe._request_options import RequestOptions
from stripe._stripe_context import StripeContext
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import NotRequired, Required, get_type_hints, is_typeddict

# Names that the SDK imports for type checkers only, so that its modules lack them.
_CHECKER_ONLY = {"Mapping": Mapping, "StripeContext": StripeContext}


@dataclass(frozen=True)
class Scalar:
    """A single value of the Python type `kind` (int, float, bool or str)."""

    kind: type


@dataclass(frozen=True)
class Choice:
    """One of a closed list of strings."""

    values: tuple


@dataclass(frozen=True)
class ListOf:
    """A list of values of one type."""

    item: object


@dataclass(frozen=True)
class MapOf:
    """A hash with free names, such as metadata."""

    item: object


@dataclass(frozen=True)
class AnyOf:
    """A value that fits one of several types."""

    options: tuple


@dataclass(frozen=True)
class Struct:
    """A hash with fixed names; its members are resolved when first needed."""

    source: type

    @property
    def fields(self):
        """Member name → type."""
        return _fields(self.source)

    @property
    def required(self):
        """The names without which the hash is refused."""
        return self.source.__required_keys__


STRING = Scalar(str)


@functools.cache
def struct(name):
    """Return the type of a request, by the SDK's name for it.

    Names are relative to `stripe.params`, such as `RefundCreateParams` or
    `terminal.LocationCreateParams`.
    """
    package, _, class_name = f"stripe.params.{name}".rpartition(".")
    return Struct(getattr(importlib.import_module(package), class_name))


@functools.cache
def _fields(source):
    """Resolve a TypedDict; the SDK's transport options are no parameters."""
    names = {**vars(typing), **vars(sys.modules[source.__module__]), **_CHECKER_ONLY}
    hints = get_type_hints(source, globalns=names)
    options = RequestOptions.__annotations__
    return {
        name: _translate(hint) for name, hint in hints.items() if name not in options
    }


def _translate(hint):
    """Translate one type hint of the SDK."""
    if is_typeddict(hint):
        return Struct(hint)
    if hint in (int, float, bool, str):
        return Scalar(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (NotRequired, Required):
        return _translate(arguments[0])
    if origin is Literal:
        return Choice(arguments)
    if origin is list:
        return ListOf(_translate(arguments[0]))
    if origin is dict or origin is UntypedStripeObject:
        return MapOf(_translate(arguments[-1]))
    if origin in (typing.Union, types.UnionType):
        return _translate_union(arguments)
    raise TypeError(f"The SDK uses a type that is not understood: {hint!r}")


def _translate_union(arguments):
    """Merge a union into one type.

    The SDK writes an enumeration as `Literal[…] | str` so that old clients accept new
    values; the server knows its values, so the open `str` is dropped. `Literal['']`
    alone only says that the value may be unset.
    """
    options = [_translate(each) for each in arguments if each is not type(None)]
    options = list(dict.fromkeys(options))
    if any(isinstance(each, Choice) and each.values != ("",) for each in options):
        options = [each for each in options if each != STRING]
    return options[0] if len(options) == 1 else AnyOf(tuple(options))

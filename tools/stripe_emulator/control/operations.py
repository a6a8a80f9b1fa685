"""Helpers of the control operations."""

from ..protocol.routing import Route
from ..protocol.versions import Version
from ..store import DEFAULT_ACCOUNT, Context


def operation(method, path, handler):
    """Return the route of a control operation."""
    return Route(method, f"/_emulator{path}", handler)


def side_of(emulator, account=None, livemode=False):
    """Return one side; the default account's test side when nothing is given."""
    return emulator.world.side(account or DEFAULT_ACCOUNT, livemode)


def context_of(emulator, side):
    """Return the context for something that no API request caused."""
    emulator.world.changed = True
    return Context(emulator.world, side, Version(side.account.default_api_version))


def find_anywhere(emulator, kind, object_id):
    """Return (context, object) of an id, on whatever side it is."""
    for side in emulator.world.sides.values():
        obj = side.find(kind, object_id)
        if obj is not None:
            return context_of(emulator, side), obj
    raise LookupError(f"{kind} {object_id}")

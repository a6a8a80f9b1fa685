"""Lists: newest first, cut by cursors and filtered by `created`."""

import operator
from dataclasses import dataclass

from .errors import refused_parameter, resource_missing

MAX_LIMIT = 100
DEFAULT_LIMIT = 10
_COMPARISONS = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True)
class Page:
    """A part of a list of stored objects, to be rendered as a `list` object."""

    items: list
    has_more: bool


def matching(call, kind, *names):
    """Return the objects of a kind, oldest first, with the values that a call names."""
    wanted = {name: call.params[name] for name in names if name in call.params}
    return [
        each
        for each in call.side.all(kind)
        if all(each[name] == value for name, value in wanted.items())
    ]


def page(call, objects):
    """Return the page of `objects` (oldest first) for which the call's parameters ask.

    https://docs.stripe.com/api/pagination
    """
    params = call.params
    limit = _limit(params)
    if "starting_after" in params and "ending_before" in params:
        message = "You can only use one of starting_after, ending_before."
        raise refused_parameter(message, param="ending_before")
    newest_first = list(reversed(objects))
    if "ending_before" in params:
        end = _position(newest_first, params, "ending_before")
        fitting = _fitting(newest_first[:end], params)
        return Page(fitting[-limit:], has_more=len(fitting) > limit)
    if "starting_after" in params:
        start = _position(newest_first, params, "starting_after") + 1
        newest_first = newest_first[start:]
    fitting = _fitting(newest_first, params)
    return Page(fitting[:limit], has_more=len(fitting) > limit)


def _limit(params):
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise refused_parameter(
            f"Limit must be between 1 and {MAX_LIMIT}, got {limit}.", param="limit"
        )
    return limit


def _fitting(objects, params):
    """Apply the `created` filter: one moment, or a hash of gt, gte, lt, lte."""
    wanted = params.get("created")
    if wanted is None:
        return objects
    if isinstance(wanted, int):
        return [obj for obj in objects if obj["created"] == wanted]
    return [
        obj
        for obj in objects
        if all(_COMPARISONS[each](obj["created"], wanted[each]) for each in wanted)
    ]


def _position(objects, params, cursor):
    for index, obj in enumerate(objects):
        if obj["id"] == params[cursor]:
            return index
    raise resource_missing("object", params[cursor], param=cursor, status=400)

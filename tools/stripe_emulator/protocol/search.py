"""The search endpoints, for a part of Stripe's query language.

Understood are `field:"value"`, `metadata["key"]:"value"`, `created>N`, `-` and `AND`,
see https://docs.stripe.com/search#search-query-language
"""

import re

from .errors import refused_parameter
from .pagination import DEFAULT_LIMIT

_CLAUSE = re.compile(
    r"""(?P<not>-)?(?P<field>\w+)(\[["'](?P<key>[^"']+)["']\])?"""
    r"""\s*(?P<sign>:|>=|<=|>|<|~)\s*["']?(?P<value>[^"']*)["']?"""
)
_SIGNS = {
    ":": lambda left, right: left == right,
    "~": lambda left, right: right in left,
    ">": lambda left, right: float(left) > float(right),
    "<": lambda left, right: float(left) < float(right),
    ">=": lambda left, right: float(left) >= float(right),
    "<=": lambda left, right: float(left) <= float(right),
}


def search(call, kind):
    """Return the `search_result` for the query in the call's parameters."""
    clauses = [_parse(text) for text in re.split(r"\s+AND\s+", call.params["query"])]
    limit = call.params.get("limit", DEFAULT_LIMIT)
    start = _start(call.params.get("page"))
    found = [
        obj
        for obj in reversed(call.side.all(kind))
        if not obj.get("deleted") and all(_fits(obj, clause) for clause in clauses)
    ]
    rest = found[start + limit :]
    return SearchResult(
        found[start : start + limit], bool(rest), str(start + limit) if rest else None
    )


class SearchResult:
    """One page of a search, to be rendered as a `search_result` object."""

    def __init__(self, items, has_more, next_page):
        self.items = items
        self.has_more = has_more
        self.next_page = next_page


def _start(cursor):
    """Return where the page begins that a `next_page` of ours stands for."""
    if cursor and not cursor.isdigit():
        raise refused_parameter(f"Invalid page: {cursor}", param="page")
    return int(cursor or 0)


def _parse(text):
    match = _CLAUSE.fullmatch(text.strip())
    if match is None:
        raise refused_parameter(
            f"We were unable to parse your search query: {text}", param="query"
        )
    return match


def _fits(obj, clause):
    value = obj.get(clause["field"])
    if clause["key"]:
        value = (value or {}).get(clause["key"])
    fits = value is not None and _SIGNS[clause["sign"]](str(value), clause["value"])
    return fits != bool(clause["not"])

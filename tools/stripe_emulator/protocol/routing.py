"""Which request goes to which function."""

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Route:
    """One operation of the API.

    `handler` takes the call and returns a stored object or a `Page`; `params` is the
    SDK's name for the request's parameters; `kind` is what the answer holds, against
    which `expand[]` is checked. `publishable` operations are open to browsers.
    """

    method: str
    path: str
    handler: object
    params: str
    kind: str | None = None
    publishable: bool = False

    @cached_property
    def pattern(self):
        """The path as a regular expression with one named group for each id."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class Router:
    """Finds the route of a request."""

    def __init__(self, *tables):
        self._routes = [route for table in tables for route in table]

    def find(self, method, path):
        """Return (route, ids in the path), or (None, {}).

        Fixed paths come before paths with an id: `/v1/charges/search` is no charge.
        """
        best = None
        for route in self._routes:
            if route.method != method:
                continue
            match = route.pattern.fullmatch(path)
            if match and (best is None or len(match.groupdict()) < len(best[1])):
                best = (route, match.groupdict())
        return best or (None, {})

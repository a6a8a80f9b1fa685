"""Which request goes to which function."""

from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

# Werkzeug writes `<charge>` for what is `{charge}` here.
_BRACES = str.maketrans("{}", "<>")


@dataclass(frozen=True)
class Route:
    """One operation of the API.

    `path` names the ids in it in braces. `handler` takes the call and returns a stored
    object or a `Page`; `params` is the SDK's name for the request's parameters; `kind`
    is what the answer holds, against which `expand[]` is checked. `publishable`
    operations are open to browsers.
    """

    method: str
    path: str
    handler: object
    params: str = ""
    kind: str | None = None
    publishable: bool = False


class Router:
    """Finds the route of a request; fixed paths come before paths with an id."""

    def __init__(self, *tables):
        rules = [
            Rule(route.path.translate(_BRACES), methods=[route.method], endpoint=route)
            for table in tables
            for route in table
        ]
        self._rules = Map(rules, merge_slashes=False).bind("")

    def find(self, method, path):
        """Return (route, ids in the path), or (None, {})."""
        try:
            return self._rules.match(path, method)
        except HTTPException:
            return None, {}

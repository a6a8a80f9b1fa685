"""Requests and answers: Werkzeug's, as Stripe's API uses them."""

import json

from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response


class Request(HttpRequest):
    """One HTTP request."""

    @property
    def api_key(self):
        """The key from Bearer or Basic authentication, or None."""
        given = self.authorization
        if given is None:
            return None
        keys = {"bearer": given.token, "basic": given.username}
        return keys.get(given.type) or None


def json_response(status, data, headers=None):
    """Return an answer with a JSON body, indented as Stripe does."""
    body = json.dumps(data, indent=2, ensure_ascii=False)
    return Response(body, status, headers, content_type="application/json")


def error_response(status, error, request_id):
    """Return an answer with an `error` hash."""
    return json_response(status, {"error": error}, {"Request-Id": request_id})

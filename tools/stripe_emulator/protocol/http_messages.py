"""Requests and answers, independent of the HTTP server."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case."""

    method: str
    target: str
    headers: dict
    body: bytes = b""

    @property
    def path(self):
        """The path without the query string."""
        return urlsplit(self.target).path

    @property
    def query(self):
        """The query string without its question mark."""
        return urlsplit(self.target).query

    @property
    def api_key(self):
        """The key from Bearer or Basic authentication, or None."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return value.strip() or None
        if scheme.lower() == "basic":
            try:
                decoded = base64.b64decode(value, validate=True).decode()
            except ValueError:
                return None
            return decoded.partition(":")[0] or None
        return None


@dataclass
class Response:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: dict = field(default_factory=dict)
    content_type: str = "application/json"


def json_response(status, data, headers=None):
    """Return an answer with a JSON body, indented as Stripe does."""
    body = json.dumps(data, indent=2, ensure_ascii=False).encode()
    return Response(status, body, dict(headers or {}))


def error_response(status, error, request_id):
    """Return an answer with an `error` hash."""
    return json_response(status, {"error": error}, {"Request-Id": request_id})

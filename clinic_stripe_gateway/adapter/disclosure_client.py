"""The SDK's HTTP client, telling what is about to leave: the bytes themselves.

It stands last before the network, so that no operation can forget it.
"""

import contextlib
import contextvars
import json
from urllib.parse import parse_qsl, urlsplit

from .unanswered_client import UnansweredClient

_recorder = contextvars.ContextVar("recorder", default=None)


@contextlib.contextmanager
def recorded_by(recorder):
    """Let a function learn what this thread sends in the meantime.

    :param recorder: called as ``recorder(method, endpoint, fields)`` before anything
        is sent, with the fields as pairs of texts. What it raises keeps the request
        from being sent. It returns a function that is given the id of the object that
        Stripe answers with.
    """
    token = _recorder.set(recorder)
    try:
        yield
    finally:
        _recorder.reset(token)


class DisclosureClient(UnansweredClient):
    """The client that says first what it sends. Asking for something tells nothing."""

    def request_with_retries(self, method, url, headers, post_data=None, *args, **more):
        recorder = _recorder.get()
        answered = None
        if recorder and method.upper() != "GET":
            answered = recorder(method.upper(), *_read(url, post_data))
        response = super().request_with_retries(
            method, url, headers, post_data, *args, **more
        )
        if answered:
            answered(_to_id(response[0]))
        return response


def _read(url, post_data):
    """Return the endpoint below ``/v1/``, and what is said to it."""
    parts = urlsplit(url)
    endpoint = parts.path.partition("/v1/")[2]
    body = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return endpoint, pairs + parse_qsl(body, keep_blank_values=True)


def _to_id(body):
    try:
        return json.loads(body).get("id") or ""
    except (ValueError, AttributeError):
        return ""

"""What was received: every API request, for tests to look at.

Secrets and card numbers are masked before anything is kept.
"""

import re
import threading
import time
from collections import deque
from urllib.parse import unquote_plus

from ..api.cards import passes_luhn
from ..protocol import forms

KEPT = 20_000
# Form fields whose values never stay in memory.
_SENSITIVE_FIELDS = re.compile(
    rb"((?:\[|%5B)(?:number|cvc|account_number|iban)(?:\]|%5D)=)[^&]*", re.IGNORECASE
)
_LONG_NUMBER = re.compile(rb"\d{13,19}")
_HIDDEN_HEADERS = ("authorization", "cookie")
# How much of a key is kept: its kind and mode, and nothing that is secret.
_KEY_PREFIX = 8


def mask(body):
    """Return a request body without card numbers, security codes and accounts."""
    body = _SENSITIVE_FIELDS.sub(rb"\1masked", body)
    return _LONG_NUMBER.sub(_mask_card_number, body)


def _mask_card_number(match):
    return b"masked" if passes_luhn(match[0].decode()) else match[0]


class Recorder:
    """The most recent requests, oldest first."""

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._requests = deque(maxlen=KEPT)

    def open(self, request, request_id):
        """Record a request that has just arrived; return its record."""
        body, query = mask(request.get_data()), mask(request.query_string)
        key = request.api_key or ""
        record = {
            "id": request_id,
            "at": time.time(),
            "emulated_at": self._clock.now(),
            "method": request.method,
            "path": request.path,
            "query": query.decode(),
            "headers": {
                name.lower(): value
                for name, value in request.headers
                if name.lower() not in _HIDDEN_HEADERS
            },
            "key_prefix": key[:_KEY_PREFIX],
            "params": _lists(forms.decode(query, body)),
            # Latin-1 keeps every byte: `raw.encode("latin-1")` gives them back.
            "raw": body.decode("latin-1"),
            "text": unquote_plus(body.decode("utf-8", "replace")),
            "version": request.headers.get("stripe-version"),
            "idempotency_key": request.headers.get("idempotency-key"),
            "account": None,
            "fault": None,
            "status": None,
            "replayed": False,
            "error_code": None,
            "duration": None,
        }
        with self._lock:
            self._requests.append(record)
        return record

    def all(self):
        """Return all records, oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self):
        """Forget all records."""
        with self._lock:
            self._requests.clear()


def _lists(value):
    """Show `x[0]=a` as a list, as a reader expects."""
    items = forms.as_list(value)
    if items is not None:
        return [_lists(item) for item in items]
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    return value

"""Faults that tests switch on: lost answers, errors, delays, pauses.

A fault applies to requests by method and path pattern, `skip` matching requests first,
then `count` of them. `before` runs when nothing has happened yet, `after_effect` when
the request was executed, and `before_answer` when its answer was stored for its
idempotency key.
"""

import fnmatch
import itertools
import threading
import time
from dataclasses import dataclass, field

from .http_messages import error_response

KINDS = (
    "refuse",
    "lost_answer",
    "error_before",
    "error_after",
    "rate_limit",
    "slow",
    "hang",
    "pause_before",
    "pause_after",
)
EFFECTS = ("done", "late", "none")
# A pause that nobody releases ends after this many seconds.
LONGEST_PAUSE = 600


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class NotExecuted(Exception):
    """The fault answers in place of the API, which does nothing."""

    def __init__(self, response):
        super().__init__()
        self.response = response


@dataclass
class Fault:
    """One switched-on fault."""

    id: str
    kind: str
    method: str | None = None
    path: str = "*"
    count: int | None = None
    skip: int = 0
    seconds: float = 0.0
    # For slow and hang: "done" (executed, then the delay), "late" (delay, then
    # executed), "none" (never executed, no answer).
    effect: str = "done"
    hits: int = 0
    _waiting: list = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def matches(self, method, path):
        """Tell whether the fault is about such a request."""
        return self.method in (None, method) and fnmatch.fnmatch(path, self.path)

    @property
    def spent(self):
        """Whether the fault has hit as often as it should."""
        return self.count is not None and self.hits >= self.skip + self.count

    @property
    def waiting(self):
        """How many requests it holds at this moment."""
        with self._lock:
            return len(self._waiting)

    def release(self, *, drop=False):
        """Let every held request go on, or drop its connection; return how many."""
        with self._lock:
            held, self._waiting = self._waiting, []
        for waiter in held:
            waiter.drop = drop
            waiter.event.set()
        return len(held)

    def hold(self):
        """Block until released; raises `Dropped` when the request is to be dropped."""
        waiter = _Waiter()
        with self._lock:
            self._waiting.append(waiter)
        waiter.event.wait(LONGEST_PAUSE)
        if waiter.drop:
            raise Dropped

    def before(self, request_id):
        """Act before anything was executed."""
        if self.kind == "error_before":
            raise NotExecuted(_server_error(request_id))
        if self.kind == "rate_limit":
            raise NotExecuted(_rate_limit(request_id))
        if self.kind == "pause_before" or self._hangs("none", "late"):
            self.hold()
        if self._slow("late", "none"):
            time.sleep(self.seconds)
        if self.kind in ("slow", "hang") and self.effect == "none":
            raise Dropped

    def after_effect(self, response, request_id):
        """Return the answer that the API itself remembers."""
        return _server_error(request_id) if self.kind == "error_after" else response

    def before_answer(self):
        """Act when everything is done but the answer is not sent."""
        if self.kind == "lost_answer":
            raise Dropped
        if self.kind == "pause_after" or self._hangs("done"):
            self.hold()
        if self._slow("done"):
            time.sleep(self.seconds)

    def _slow(self, *effects):
        return self.kind == "slow" and self.effect in effects

    def _hangs(self, *effects):
        return self.kind == "hang" and self.effect in effects

    def describe(self):
        """Return the fault as plain data for the control API."""
        names = ("id", "kind", "method", "path", "count", "skip", "seconds", "effect")
        return {name: getattr(self, name) for name in (*names, "hits", "waiting")}


class _Waiter:
    """One held request."""

    def __init__(self):
        self.event = threading.Event()
        self.drop = False


class Faults:
    """The faults that are switched on."""

    def __init__(self):
        self._lock = threading.Lock()
        self._faults = {}
        self._numbers = itertools.count(1)

    def add(self, kind, **settings):
        """Switch on a fault and return it."""
        if kind not in KINDS:
            raise ValueError(f"Unknown fault {kind!r}; there are {', '.join(KINDS)}.")
        if settings.get("effect", "done") not in EFFECTS:
            raise ValueError(f"`effect` is one of {', '.join(EFFECTS)}.")
        with self._lock:
            fault = Fault(f"fault_{next(self._numbers)}", kind, **settings)
            self._faults[fault.id] = fault
        return fault

    def get(self, fault_id):
        """Return the fault of that id; KeyError when there is none."""
        return self._faults[fault_id]

    def all(self):
        """Return all faults, also those that have hit as often as they should."""
        with self._lock:
            return list(self._faults.values())

    def remove(self, fault_id):
        """Switch off a fault; what it holds goes on."""
        with self._lock:
            fault = self._faults.pop(fault_id)
        fault.release()

    def clear(self, *, drop=False):
        """Switch off all faults; what they hold goes on, or is dropped."""
        for fault in self.all():
            fault.release(drop=drop)
            self.remove(fault.id)

    def take(self, method, path, *, refusals=False):
        """Return the first fault that hits this request, or None.

        Refusals are decided before a request is read, all others after.
        """
        with self._lock:
            for fault in self._faults.values():
                if (fault.kind == "refuse") != refusals or fault.spent:
                    continue
                if fault.matches(method, path):
                    fault.hits += 1
                    if fault.hits > fault.skip:
                        return fault
        return None


NO_FAULT = Fault("none", "none")


def _server_error(request_id):
    error = {"message": "An unknown error occurred", "type": "api_error"}
    return error_response(500, error, request_id)


def _rate_limit(request_id):
    error = {
        "code": "rate_limit",
        "doc_url": "https://stripe.com/docs/error-codes/rate-limit",
        "message": "Request rate limit exceeded.",
        "type": "invalid_request_error",
    }
    return error_response(429, error, request_id)

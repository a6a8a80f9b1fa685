"""Idempotency keys: the same request is executed once.

https://docs.stripe.com/api/idempotent_requests: the answer of the first request is
kept, errors included, once its endpoint began to execute; refused parameters and
conflicts are not kept. Keys are forgotten after a day.
"""

import hashlib
import json

from .errors import ApiError

KEPT_FOR = 24 * 3600
LONGEST_KEY = 255


class Idempotency:
    """The stored answers, and the keys of requests that are running."""

    def __init__(self, world):
        self._world = world
        self._running = set()

    def begin(self, side, key, request, params):
        """Claim a key; return the stored answer if there is one already.

        Raises Stripe's error when the key stands for another request or for one that
        is still running.
        """
        if len(key) > LONGEST_KEY:
            message = f"Idempotency keys can be at most {LONGEST_KEY} characters."
            raise ApiError(message, stored=False)
        with self._world.lock:
            if self._name(side, key) in self._running:
                raise _in_use(key)
            stored = self._fresh(side, key)
            if stored is None:
                self._running.add(self._name(side, key))
                return None
        if stored["path"] != request.path:
            raise _mismatch(
                "Keys for idempotent requests can only be used for the same endpoint "
                f"they were first used for ('{request.path}' vs '{stored['path']}').",
                key,
            )
        if stored["digest"] != digest(params):
            raise _mismatch(
                "Keys for idempotent requests can only be used with the same "
                "parameters they were first used with.",
                key,
            )
        return stored

    def finish(self, side, key, request, params, response):
        """Keep the answer for the key and let go of it."""
        with self._world.lock:
            side.answers[key] = {
                "at": self._world.clock.now(),
                "path": request.path,
                "digest": digest(params),
                "status": response.status_code,
                "body": response.get_data(as_text=True),
                "request_id": response.headers["Request-Id"],
            }
            self._running.discard(self._name(side, key))

    def abandon(self, side, key):
        """Let go of a key whose request was not executed."""
        with self._world.lock:
            self._running.discard(self._name(side, key))

    def _fresh(self, side, key):
        stored = side.answers.get(key)
        if stored and stored["at"] + KEPT_FOR <= self._world.clock.now():
            del side.answers[key]
            return None
        return stored

    @staticmethod
    def _name(side, key):
        return (side.account.id, side.livemode, key)


def digest(params):
    """Return a digest of decoded parameters; their order does not matter."""
    text = json.dumps(params, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _mismatch(message, key):
    return ApiError(
        f"{message} Try using a key other than '{key}' if you meant to execute a "
        "different request.",
        kind="idempotency_error",
        stored=False,
    )


def _in_use(key):
    return ApiError(
        "There is currently another in-progress request using this Stripe-Idempotency-"
        "Key (that probably means you submitted twice, and the other request is still "
        f"going through): {key}. Please try again later.",
        status=409,
        code="idempotency_key_in_use",
        stored=False,
    )

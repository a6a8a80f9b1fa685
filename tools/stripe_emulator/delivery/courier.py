"""Delivery of events to webhook endpoints: signing, sending, retrying.

https://docs.stripe.com/webhooks: any answer other than 2xx is a failure, redirects are
not followed, failed deliveries are repeated with growing delays.
"""

import itertools
import json
import queue
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from .events import in_version
from .rules import Rules
from .transport import post, signature_header
from .webhook_endpoints import listens, live_secrets, version_of

# Real seconds. Stripe itself tries for three days.
DEFAULT_TIMEOUT = 10.0
DEFAULT_BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
# Deliveries that run at the same time for one endpoint; 1 keeps the order of events.
DEFAULT_CONCURRENCY = 1
UNFINISHED = ("queued", "sending")
_FORGED_SECRET = "whsec_this_is_not_the_secret"


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    event_id: str
    event_type: str
    object_id: str | None
    endpoint_id: str
    account: str
    livemode: bool
    body: bytes
    # queued, sending, retrying, held, delivered, failed or dropped.
    state: str = "queued"
    # When a delayed delivery leaves, in seconds of the emulated clock.
    leaves_at: float | None = None
    # What rules did to it: "forge" or "lose_answer".
    tampering: str | None = None
    attempts: list = field(default_factory=list)

    def describe(self):
        """Return the delivery as plain data for the control API."""
        hidden = ("body",)
        return {name: value for name, value in vars(self).items() if name not in hidden}


class Courier:
    """Delivers events; each endpoint has its own threads, so none delays another."""

    def __init__(self, world):
        self._world = world
        self._lock = threading.Condition()
        self._deliveries = {}
        # State → how many deliveries are in it: waiting must not look at all of them.
        self._counts = Counter()
        self._lanes = {}
        self._numbers = itertools.count(1)
        self.rules = Rules()
        self.timeout = DEFAULT_TIMEOUT
        self.backoff = DEFAULT_BACKOFF
        self.concurrency = DEFAULT_CONCURRENCY

    def on_event(self, side, event):
        """Queue a new event for every endpoint that listens. Called under the lock."""
        endpoints = side.all("webhook_endpoint")
        targets = [each for each in endpoints if listens(side, each, event)]
        event["pending_webhooks"] = len(targets)
        for endpoint in targets:
            self.send(side, event, endpoint)

    def send(self, side, event, endpoint, *, rules=True):
        """Queue one event for one endpoint; return the deliveries that result."""
        body = _body(side, event, endpoint)
        verdict = self.rules.judge(event, endpoint) if rules else None
        copies = verdict.times if verdict else 1
        return [
            self._queue(side, event, endpoint, body, verdict) for _ in range(copies)
        ]

    def _queue(self, side, event, endpoint, body, verdict):
        delivery = Delivery(
            id=f"delivery_{next(self._numbers)}",
            event_id=event["id"],
            event_type=event["type"],
            object_id=event["_object_id"],
            endpoint_id=endpoint["id"],
            account=side.account.id,
            livemode=side.livemode,
            body=body,
        )
        if verdict:
            delivery.tampering = verdict.tampering
            delivery.state = verdict.state
            if verdict.delay:
                delivery.leaves_at = self._world.clock.now() + verdict.delay
        with self._lock:
            self._deliveries[delivery.id] = delivery
            self._counts[delivery.state] += 1
        if delivery.state == "queued":
            self._lane(endpoint["id"]).put(delivery, after=0)
        return delivery

    def _lane(self, endpoint_id):
        with self._lock:
            lane = self._lanes.get(endpoint_id)
            if lane is None or lane.threads < self.concurrency:
                lane = self._lanes.setdefault(endpoint_id, Lane(self._attempt))
                lane.grow(self.concurrency)
        return lane

    def _attempt(self, lane, delivery):
        """Try once; decide what follows."""
        with self._world.lock:
            side = self._world.sides.get((delivery.account, delivery.livemode))
            endpoint = side and side.find("webhook_endpoint", delivery.endpoint_id)
            usable = endpoint is not None and endpoint["status"] == "enabled"
            url = endpoint["url"] if usable else None
            secrets = usable and live_secrets(endpoint, self._world.clock.now())
        if not usable:
            self._set_state(delivery, "failed")
            return
        self._set_state(delivery, "sending")
        if delivery.tampering == "forge":
            secrets = [_FORGED_SECRET]
        attempt = post(url, delivery.body, secrets, self.timeout)
        if delivery.tampering == "lose_answer":
            attempt["error"], delivery.tampering = "answer lost", None
        delivery.attempts.append(attempt)
        if attempt["error"] is None:
            self._count_down(delivery)
            self._set_state(delivery, "delivered")
        elif len(delivery.attempts) > len(self.backoff):
            self._set_state(delivery, "failed")
        else:
            pause = self.backoff[len(delivery.attempts) - 1]
            self._set_state(delivery, "retrying")
            lane.put(delivery, after=pause)

    def _count_down(self, delivery):
        with self._world.lock:
            side = self._world.sides.get((delivery.account, delivery.livemode))
            event = side and side.find("event", delivery.event_id)
            if event and event["pending_webhooks"]:
                event["pending_webhooks"] -= 1

    def _set_state(self, delivery, state):
        with self._lock:
            if delivery.id not in self._deliveries:
                # It was under way when the emulator was reset.
                return
            self._counts[delivery.state] -= 1
            self._counts[state] += 1
            delivery.state = state
            self._lock.notify_all()

    def signed(self, side, event, endpoint):
        """Return the body and a fresh signature, without sending anything."""
        body = _body(side, event, endpoint)
        secrets = live_secrets(endpoint, self._world.clock.now())
        signature = signature_header(body, secrets, int(time.time()))
        return {"body": body.decode(), "signature": signature}

    def all(self):
        """Return all deliveries, oldest first."""
        with self._lock:
            return list(self._deliveries.values())

    def release(self, deliveries):
        """Send held deliveries, in the order given."""
        for delivery in deliveries:
            delivery.leaves_at = None
            self._set_state(delivery, "queued")
            self._lane(delivery.endpoint_id).put(delivery, after=0)

    def release_due(self):
        """Send the delayed deliveries whose moment has come."""
        if not self._counts["held"]:
            return
        now = self._world.clock.now()
        self.release(
            delivery
            for delivery in self.all()
            if delivery.state == "held"
            and delivery.leaves_at is not None
            and delivery.leaves_at <= now
        )

    def wait_idle(self, timeout, *, retries=False):
        """Wait until nothing is under way; return whether that was reached in time.

        With `retries` deliveries that wait for another attempt count as under way.
        """
        busy = (*UNFINISHED, "retrying") if retries else UNFINISHED
        deadline = time.monotonic() + timeout
        with self._lock:
            while any(self._counts[state] for state in busy):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._lock.wait(left)
        return True

    def reset(self):
        """Forget all deliveries, rules and settings."""
        with self._lock:
            for lane in self._lanes.values():
                lane.close()
            self._lanes.clear()
            self._deliveries.clear()
            self._counts.clear()
        self.rules.clear()
        self.timeout = DEFAULT_TIMEOUT
        self.backoff = DEFAULT_BACKOFF
        self.concurrency = DEFAULT_CONCURRENCY


class Lane:
    """The deliveries to one endpoint, and the threads that make them."""

    def __init__(self, attempt):
        self._attempt = attempt
        self._queue = queue.PriorityQueue()
        self._order = itertools.count()
        self._closed = threading.Event()
        self.threads = 0

    def grow(self, threads):
        """Have at least that many deliveries at a time."""
        while self.threads < threads:
            self.threads += 1
            threading.Thread(target=self._run, name="courier", daemon=True).start()

    def put(self, delivery, *, after):
        """Queue a delivery to be made in `after` seconds of real time."""
        due = time.monotonic() + after
        self._queue.put((due, next(self._order), delivery))

    def close(self):
        """Let the threads end; what is queued is not sent."""
        self._closed.set()

    def _run(self):
        while not self._closed.is_set():
            try:
                due, order, delivery = self._queue.get(timeout=1.0)
            except queue.Empty:
                continue
            wait = due - time.monotonic()
            if wait > 0:
                # Something else may become due first: sleep a little, look again.
                self._queue.put((due, order, delivery))
                self._closed.wait(min(wait, 0.02))
            elif not self._closed.is_set():
                self._attempt(self, delivery)


def _body(side, event, endpoint):
    """Return what is sent: the event in the endpoint's version."""
    public = in_version(event, version_of(side, endpoint).name)
    return json.dumps(public, indent=2, ensure_ascii=False).encode()

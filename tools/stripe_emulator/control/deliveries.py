"""Control operations on events and their delivery."""

import random

from ..delivery.events import in_version, matches
from ..delivery.webhook_endpoints import create, roll_secret
from .operations import context_of, find_anywhere, operation, side_of


def _events(
    emulator, types=(), object_id=None, account=None, livemode=False, limit=None
):
    """Return the public events of a side, oldest first."""
    with emulator.world.lock:
        side = side_of(emulator, account, livemode)
        found = [
            in_version(event, side.account.default_api_version)
            for event in side.all("event")
            if matches(types, event["type"])
            and object_id in (None, event["_object_id"])
        ]
    return found[-limit:] if limit else found


def _resend(emulator, event, times=1, endpoint=None):
    """Deliver an event again, to one endpoint or to all that listen."""
    with emulator.world.lock:
        context, found = find_anywhere(emulator, "event", event)
        targets = [
            each
            for each in context.side.all("webhook_endpoint")
            if each["status"] == "enabled"
            and (
                endpoint == each["id"]
                or (endpoint is None and matches(each["enabled_events"], found["type"]))
            )
        ]
        sent = [
            delivery
            for each in targets
            for _ in range(times)
            for delivery in emulator.courier.send(
                context.side, found, each, rules=False
            )
        ]
    return [delivery.describe() for delivery in sent]


def _payload(emulator, event, endpoint):
    """Return an event as an endpoint would get it, and a fresh valid signature."""
    with emulator.world.lock:
        context, found = find_anywhere(emulator, "event", event)
        target = context.get("webhook_endpoint", endpoint)
        return emulator.courier.signed(context.side, found, target)


def _deliveries(emulator, types=(), endpoint=None, event=None, state=None):
    return [each.describe() for each in _found(emulator, types, endpoint, event, state)]


def _found(emulator, types=(), endpoint=None, event=None, state=None):
    return [
        each
        for each in emulator.courier.all()
        if matches(types, each.event_type)
        and endpoint in (None, each.endpoint_id)
        and event in (None, each.event_id)
        and state in (None, each.state)
    ]


def _release(emulator, types=(), endpoint=None, event=None, order="fifo", limit=None):
    """Send held deliveries: `order` is fifo, reverse or shuffle."""
    held = _found(emulator, types, endpoint, event, "held")
    if order == "reverse":
        held.reverse()
    elif order == "shuffle":
        random.shuffle(held)
    elif order != "fifo":
        raise ValueError("`order` is one of fifo, reverse, shuffle.")
    held = held[:limit] if limit else held
    emulator.courier.release(held)
    return [delivery.describe() for delivery in held]


def _wait(emulator, timeout=10.0, retries=False):
    """Wait until no delivery is under way."""
    return {"idle": emulator.courier.wait_idle(timeout, retries=retries)}


def _settings(emulator, timeout=None, backoff=None, concurrency=None):
    """Read or change how long an endpoint may take and when failures are repeated."""
    courier = emulator.courier
    if timeout is not None:
        courier.timeout = float(timeout)
    if backoff is not None:
        courier.backoff = tuple(float(each) for each in backoff)
    if concurrency is not None:
        courier.concurrency = int(concurrency)
    return {
        "timeout": courier.timeout,
        "backoff": list(courier.backoff),
        "concurrency": courier.concurrency,
    }


def _rules(emulator):
    return emulator.courier.rules.all()


def _add_rule(emulator, action, **settings):
    return dict(vars(emulator.courier.rules.add(action, **settings)))


def _remove_rule(emulator, rule):
    emulator.courier.rules.remove(rule)
    return {}


def _clear_rules(emulator):
    emulator.courier.rules.clear()
    return {}


def _roll_secret(emulator, endpoint, expires_in=24 * 3600):
    """Give an endpoint a new secret; both sign until the old one expires."""
    with emulator.world.lock:
        context, found = find_anywhere(emulator, "webhook_endpoint", endpoint)
        return {"secret": roll_secret(found, context.world.clock.now(), expires_in)}


def _add_endpoint(
    emulator, url, enabled_events=("*",), api_version=None, account=None, livemode=False
):
    """Create an endpoint as a dashboard user would; the secret is in the answer."""
    with emulator.world.lock:
        context = context_of(emulator, side_of(emulator, account, livemode))
        made = create(context, url, list(enabled_events), api_version)
    return {key: value for key, value in made.items() if not key.startswith("_")}


ROUTES = (
    operation("POST", "/events", _events),
    operation("POST", "/events/{event}/resend", _resend),
    operation("POST", "/events/{event}/payload", _payload),
    operation("POST", "/deliveries", _deliveries),
    operation("POST", "/deliveries/release", _release),
    operation("POST", "/deliveries/wait", _wait),
    operation("POST", "/deliveries/settings", _settings),
    operation("GET", "/deliveries/rules", _rules),
    operation("POST", "/deliveries/rules", _add_rule),
    operation("DELETE", "/deliveries/rules", _clear_rules),
    operation("DELETE", "/deliveries/rules/{rule}", _remove_rule),
    operation("POST", "/webhook_endpoints", _add_endpoint),
    operation("POST", "/webhook_endpoints/{endpoint}/roll_secret", _roll_secret),
)

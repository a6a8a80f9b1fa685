"""Events: one for every change that Stripe would tell its webhooks about."""

from ..protocol import ids, versions
from ..protocol.pagination import page
from ..protocol.rendering import render
from ..protocol.routing import Route
from ..protocol.versions import Version

# Types that exist only for readers from, or before, a version.
_SINCE = {
    "refund.created": versions.REFUND_EVENTS,
    "refund.updated": versions.REFUND_EVENTS,
    "refund.failed": versions.REFUND_EVENTS,
}


def emit(context, kind, obj, *, previous=None, before=None):
    """Record an event and hand it to the webhook couriers.

    `previous` holds the old values of what changed. `before` is the date of the version
    from which on Stripe no longer sends this event. The object is rendered now, in
    every version that some endpoint wants, since an event shows the past.
    """
    side = context.side
    event = {
        "id": ids.new_id("event"),
        "object": "event",
        "api_version": side.account.default_api_version,
        "created": context.now,
        "data": {"object": None},
        "livemode": side.livemode,
        "pending_webhooks": 0,
        "request": {
            "id": context.request_id,
            "idempotency_key": context.idempotency_key,
        },
        "type": kind,
        "_object_id": obj.get("id"),
        "_before": before,
        "_renders": {},
    }
    if previous:
        event["data"]["previous_attributes"] = previous
    for name in _wanted_versions(side):
        event["_renders"][name] = render(side, obj, Version(name))
    event["data"]["object"] = event["_renders"][event["api_version"]]
    side.add(event)
    context.world.on_event(side, event)
    return event


def _wanted_versions(side):
    """Return the versions in which somebody may see a new event."""
    endpoints = side.all("webhook_endpoint")
    pinned = {endpoint["api_version"] for endpoint in endpoints}
    return {side.account.default_api_version, *filter(None, pinned)}


def exists_for(event, version):
    """Tell whether Stripe sends an event of this type to readers of `version`."""
    since = _SINCE.get(event["type"])
    if since and version.before(since):
        return False
    return event["_before"] is None or version.before(event["_before"])


def in_version(event, name):
    """Return the event's public form for an endpoint of that API version."""
    public = {key: value for key, value in event.items() if not key.startswith("_")}
    known = event["_renders"].get(name)
    if known is not None:
        public["api_version"] = name
        public["data"] = {**event["data"], "object": known}
    return public


def _retrieve(call):
    return call.get("event", call.ids["event"])


def _list(call):
    types = call.params.get("types") or []
    if call.params.get("type"):
        types = [*types, call.params["type"]]
    version = Version(call.side.account.default_api_version)
    delivered = call.params.get("delivery_success")

    def wanted(event):
        if delivered is not None and (event["pending_webhooks"] == 0) != delivered:
            return False
        return matches(types, event["type"]) and exists_for(event, version)

    return page(call, [each for each in call.side.all("event") if wanted(each)])


def matches(patterns, kind):
    """Tell whether an event type is among `patterns`; `charge.*` is a pattern."""
    if not patterns:
        return True
    return any(
        pattern in ("*", kind)
        or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))
        for pattern in patterns
    )


ROUTES = (
    Route("GET", "/v1/events", _list, "EventListParams", kind="event"),
    Route("GET", "/v1/events/{event}", _retrieve, "EventRetrieveParams", kind="event"),
)

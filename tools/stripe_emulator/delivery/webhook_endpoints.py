"""Webhook endpoints: who is told about which events, and with which secret."""

from urllib.parse import urlsplit

from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.fields import change, merged_metadata
from ..protocol.pagination import page
from ..protocol.routing import Route
from ..protocol.versions import Version
from .events import exists_for, matches

# https://docs.stripe.com/webhooks: at most 16 endpoints in each mode of an account.
MOST = 16


def _create(call):
    params = call.params
    return create(
        call,
        params["url"],
        params["enabled_events"],
        params.get("api_version"),
        description=params.get("description") or None,
        metadata=params.get("metadata"),
    )


def create(context, url, enabled_events, api_version=None, **extra):
    """Create an endpoint; only what this returns ever shows its secret."""
    _check_url(url)
    if len(context.side.all("webhook_endpoint")) >= MOST:
        raise invalid(f"You have reached the maximum of {MOST} webhook endpoints.")
    secret = f"whsec_{ids.random_text(32)}"
    endpoint = context.side.add(
        {
            "id": ids.new_id("webhook_endpoint"),
            "object": "webhook_endpoint",
            "api_version": api_version,
            "application": None,
            "created": context.now,
            "description": extra.get("description"),
            "enabled_events": enabled_events,
            "livemode": context.side.livemode,
            "metadata": merged_metadata({}, extra.get("metadata")),
            "status": "enabled",
            "url": url,
            "_secrets": [{"secret": secret, "expires_at": None}],
        }
    )
    return {**endpoint, "secret": secret}


def _check_url(url):
    try:
        parts = urlsplit(url)
        usable = (
            parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        )
    except ValueError:
        usable = False
    if not usable:
        raise invalid(f"Invalid URL: {url}", param="url", code="url_invalid")


def roll_secret(endpoint, now, expires_in):
    """Give an endpoint a new secret; the old one still signs for some seconds."""
    for old in endpoint["_secrets"]:
        old["expires_at"] = min(old["expires_at"] or now + expires_in, now + expires_in)
    secret = f"whsec_{ids.random_text(32)}"
    endpoint["_secrets"].insert(0, {"secret": secret, "expires_at": None})
    return secret


def live_secrets(endpoint, now):
    """Return the secrets that sign at that moment, the newest first."""
    return [
        known["secret"]
        for known in endpoint["_secrets"]
        if known["expires_at"] is None or known["expires_at"] > now
    ]


def version_of(side, endpoint):
    """Return the version in which an endpoint gets its events."""
    return Version(endpoint["api_version"] or side.account.default_api_version)


def listens(side, endpoint, event):
    """Tell whether an endpoint wants an event."""
    return (
        endpoint["status"] == "enabled"
        and matches(endpoint["enabled_events"], event["type"])
        and exists_for(event, version_of(side, endpoint))
    )


def _retrieve(call):
    return call.get("webhook_endpoint", call.ids["endpoint"])


def _update(call):
    endpoint, params = _retrieve(call), call.params
    changes = {
        name: params[name] for name in ("enabled_events", "url") if name in params
    }
    if "url" in params:
        _check_url(params["url"])
    if "description" in params:
        changes["description"] = params["description"] or None
    if "disabled" in params:
        changes["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        changes["metadata"] = merged_metadata(endpoint["metadata"], params["metadata"])
    change(endpoint, **changes)
    return endpoint


def _delete(call):
    endpoint = _retrieve(call)
    del call.side.objects["webhook_endpoint"][endpoint["id"]]
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _list(call):
    return page(call, call.side.all("webhook_endpoint"))


_ALL = "/v1/webhook_endpoints"
_ONE = f"{_ALL}/{{endpoint}}"
_KIND = "webhook_endpoint"
ROUTES = (
    Route("POST", _ALL, _create, "WebhookEndpointCreateParams", _KIND),
    Route("GET", _ALL, _list, "WebhookEndpointListParams", _KIND),
    Route("GET", _ONE, _retrieve, "WebhookEndpointRetrieveParams", _KIND),
    Route("POST", _ONE, _update, "WebhookEndpointUpdateParams", _KIND),
    Route("DELETE", _ONE, _delete, "WebhookEndpointDeleteParams", _KIND),
)

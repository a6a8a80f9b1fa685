"""Webhook endpoints: where Stripe tells Odoo what has happened, and about what."""

from dataclasses import dataclass

from .allow_list import only_allowed
from .errors import translated

# More than an account can have.
MOST_ENDPOINTS = 100
EVERYTHING = "*"


@dataclass(frozen=True)
class Endpoint:
    """An address that Stripe sends events to.

    :ivar str api_version: in which the events are written; empty for the account's own
    """

    id: str
    url: str
    is_enabled: bool
    events: frozenset
    api_version: str

    def missing(self, events):
        """Return which of these events are not sent to it, sorted."""
        if EVERYTHING in self.events:
            return []
        return sorted(set(events) - self.events)


class Endpoints:
    """The account's endpoints; a base class of ``StripeGateway``."""

    def list_endpoints(self):
        """Return all endpoints of the account and mode; no secret is among it."""
        with translated():
            page = self._client.v1.webhook_endpoints.list({"limit": MOST_ENDPOINTS})
        return tuple(_to_endpoint(each) for each in page.data)

    def repair_endpoint(self, endpoint, events, *, idempotency_key):
        """Let an endpoint get these events again, besides those it gets already."""
        wanted = sorted(endpoint.events | set(events))
        if EVERYTHING in endpoint.events:
            wanted = [EVERYTHING]
        payload = only_allowed(
            "POST",
            f"webhook_endpoints/{endpoint.id}",
            {"enabled_events": wanted, "disabled": False},
        )
        with translated():
            changed = self._client.v1.webhook_endpoints.update(
                endpoint.id, payload, {"idempotency_key": idempotency_key}
            )
        return _to_endpoint(changed)

    def delete_endpoint(self, endpoint_id):
        """Let Stripe forget an endpoint, and with it the secret that nobody knows."""
        with translated():
            self._client.v1.webhook_endpoints.delete(endpoint_id)


def _to_endpoint(endpoint):
    return Endpoint(
        id=endpoint.id,
        url=endpoint.url,
        is_enabled=endpoint.status == "enabled",
        events=frozenset(endpoint.enabled_events),
        api_version=endpoint.api_version or "",
    )

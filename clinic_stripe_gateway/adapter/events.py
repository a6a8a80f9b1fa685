"""The list of what Stripe has told, or has tried to tell, in a period."""

from .errors import translated
from .webhook import EventHint

# The most that Stripe gives at once, and the most types that it can be asked for.
PAGE_SIZE = 100
MOST_TYPES = 20


class Events:
    """The part of the gateway that reads events again."""

    def list_events(self, types, since, until):
        """Return the events of these types that were made in a period.

        :param list[str] types: of events
        :param int since: first second of the period, as Unix time
        :param int | None until: first second after it; ``None``: no end
        :rtype: list[EventHint]
        """
        parts = range(0, len(types), MOST_TYPES)
        asked = [types[start : start + MOST_TYPES] for start in parts]
        return [hint for part in asked for hint in self._list_types(part, since, until)]

    def _list_types(self, types, since, until):
        created = {"gte": since} if until is None else {"gte": since, "lt": until}
        params = {"types": types, "created": created, "limit": PAGE_SIZE}
        with translated():
            events = self._client.v1.events.list(params)
            return [_to_hint(event) for event in events.auto_paging_iter()]


def _to_hint(event):
    about = event.data.object.to_dict()
    return EventHint(event.id, event.type, about.get("id") or "", event.livemode)

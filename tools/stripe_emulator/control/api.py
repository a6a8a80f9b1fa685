"""The control API below `/_emulator/`: how tests steer and watch the emulator.

Requests and answers are JSON. The operations are in `state.py` (what there is, clock,
faults, requests), `deliveries.py` (events and their delivery) and `people.py` (what
banks, cardholders and dashboard users do).
"""

import json

from ..protocol.errors import ApiError
from ..protocol.http_messages import json_response
from ..protocol.routing import Router
from . import deliveries, people, state


class ControlApi:
    """Answers requests below `/_emulator`."""

    def __init__(self, emulator):
        self._emulator = emulator
        self._router = Router(state.ROUTES, deliveries.ROUTES, people.ROUTES)

    def answer(self, request):
        """Run one operation; bad input answers 400, an unknown id 404."""
        path = request.path.rstrip("/")
        route, ids = self._router.find(request.method, path)
        if route is None:
            return _failure(404, f"No such operation: {request.method} {path}")
        try:
            given = json.loads(request.get_data() or b"{}")
            result = route.handler(self._emulator, **ids, **given)
        except ApiError as error:
            return json_response(error.status, {"error": error.fields()})
        except LookupError as error:
            return _failure(404, f"Not found: {error}")
        except (TypeError, ValueError) as error:
            return _failure(400, str(error))
        return json_response(200, result)


def _failure(status, message):
    return json_response(status, {"error": {"message": message}})

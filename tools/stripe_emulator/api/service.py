"""The way of an API request: key, version, route, parameters, effect, answer."""

import logging
import time
from dataclasses import dataclass, field

from ..delivery import events, webhook_endpoints
from ..protocol import ids, rendering, versions
from ..protocol.errors import ApiError
from ..protocol.faults import NO_FAULT, Dropped, NotExecuted
from ..protocol.forms import decode
from ..protocol.http_messages import Response, error_response, json_response
from ..protocol.idempotency import Idempotency
from ..protocol.pagination import Page
from ..protocol.routing import Router
from ..protocol.search import SearchResult
from ..protocol.unmodelled import refuse_unmodelled
from ..protocol.validation import validate
from ..store import Context, permission_error
from . import (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    fraud_warnings,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    small_resources,
)

_logger = logging.getLogger(__name__)
_DOCS = "https://dashboard.stripe.com/apikeys"
ROUTES = (
    *accounts.ROUTES,
    *balance.ROUTES,
    *charges.ROUTES,
    *customers.ROUTES,
    *disputes.ROUTES,
    *fraud_warnings.ROUTES,
    *events.ROUTES,
    *payment_intents.ROUTES,
    *payment_methods.ROUTES,
    *refunds.ROUTES,
    *setup_intents.ROUTES,
    *small_resources.ROUTES,
    *webhook_endpoints.ROUTES,
)


@dataclass
class Call(Context):
    """A context with the request's converted parameters and the ids in its path."""

    params: dict = field(default_factory=dict)
    ids: dict = field(default_factory=dict)
    # The request came with a publishable key, so from a browser.
    publishable: bool = False


class Api:
    """Answers requests below /v1."""

    def __init__(self, world, recorder, faults):
        self._world = world
        self._recorder = recorder
        self._faults = faults
        self._idempotency = Idempotency(world)
        self._router = Router(ROUTES)

    def answer(self, request):
        """Return the answer; raises `Dropped` when there is to be none."""
        started = time.monotonic()
        request_id = ids.PREFIXES["request"] + ids.random_text(14)
        record = self._recorder.open(request, request_id)
        fault = self._faults.take(request.method, request.path) or NO_FAULT
        record["fault"] = fault.kind if fault is not NO_FAULT else None
        try:
            response = self._admit(request, request_id, fault, record)
        finally:
            record["duration"] = time.monotonic() - started
        record["status"] = response.status_code
        return response

    def _admit(self, request, request_id, fault, record):
        """Find out who asks for what in which version; errors become answers."""
        try:
            grant = self._authenticate(request)
            side = self._world.side(grant.account, grant.livemode)
            record["account"] = grant.account
            version = self._version(request, side)
            record["version"] = version.name
            call = Call(
                world=self._world,
                side=side,
                version=version,
                request_id=request_id,
                publishable=grant.publishable,
            )
            return self._once(request, call, fault, record)
        except NotExecuted as answer:
            return answer.response
        except ApiError as error:
            record["error_code"] = error.code
            return error_response(error.status, error.fields(), request_id)
        except Dropped:
            raise
        except Exception as error:
            # A defect of the emulator must not look like a fault that a test wanted.
            _logger.exception("%s %s failed", request.method, request.path)
            message = f"The emulator itself failed: {error!r}"
            return error_response(
                500, {"message": message, "type": "api_error"}, request_id
            )

    def _authenticate(self, request):
        """Return what the request's key opens."""
        key = request.api_key
        if key is None:
            raise ApiError(
                "You did not provide an API key. You need to provide your API key in "
                "the Authorization header, using Bearer auth (e.g. 'Authorization: "
                f"Bearer YOUR_SECRET_KEY'). See {_DOCS}",
                status=401,
                stored=False,
            )
        grant = self._world.keys.get(key)
        if grant is None:
            masked = f"{key[:8]}{'*' * 10}{key[-4:]}" if len(key) > 12 else "****"
            message = f"Invalid API Key provided: {masked}"
            raise ApiError(message, status=401, stored=False)
        return grant

    def _version(self, request, side):
        """Return the request's version, or the account's own."""
        account = request.headers.get("stripe-account", side.account.id)
        if account != side.account.id:
            raise permission_error(
                f"The provided key does not have access to account '{account}' (or "
                "that account does not exist). Application access may have been "
                "revoked.",
                "account_invalid",
            )
        name = request.headers.get("stripe-version")
        return versions.parse(name or side.account.default_api_version)

    def _once(self, request, call, fault, record):
        """Execute a request, or replay its answer when its key was used before."""
        raw = decode(request.query_string, request.get_data())
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            response, _ = self._execute(request, call, raw, fault, record)
            fault.before_answer()
            return response
        call.idempotency_key = key
        stored = self._idempotency.begin(call.side, key, request, raw)
        if stored is not None:
            record["replayed"] = True
            # A bad line is bad for a repeated request too.
            fault.before(call.request_id)
            fault.before_answer()
            return _replay(stored, call.request_id, key)
        try:
            response, kept = self._execute(request, call, raw, fault, record)
            if kept:
                self._idempotency.finish(call.side, key, request, raw, response)
        finally:
            self._idempotency.abandon(call.side, key)
        response.headers["Idempotency-Key"] = key
        response.headers["Original-Request"] = call.request_id
        fault.before_answer()
        return response

    def _execute(self, request, call, raw, fault, record):
        """Return (answer, whether it is kept for the idempotency key)."""
        fault.before(call.request_id)
        try:
            route = self._route(request, call)
            _check_content_type(request)
            call.params = validate(route.params, raw, call.version)
            refuse_unmodelled(route.params, call.params)
            expand = call.params.pop("expand", ())
            rendering.check_expand(route, expand)
            response, kept = self._effect(route, call, expand), True
        except ApiError as error:
            record["error_code"] = error.code
            response, kept = self._error(call, error), error.stored
        return fault.after_effect(response, call.request_id), kept

    def _route(self, request, call):
        """Find the operation and check that the key may use it."""
        route, call.ids = self._router.find(request.method, request.path)
        if route is None:
            raise ApiError(
                f"Unrecognized request URL ({request.method}: {request.path}). Please "
                "see https://stripe.com/docs or we can help at "
                "https://support.stripe.com/.",
                status=404,
                stored=False,
            )
        if call.publishable and not route.publishable:
            raise permission_error(
                "This API call cannot be made with a publishable API key. Please use a "
                f"secret API key. You can find a list of your API keys at {_DOCS}.",
                "secret_key_required",
            )
        return route

    def _effect(self, route, call, expand):
        """Run the handler and render what it returns, both under the lock."""
        with self._world.lock:
            if not self._world.holds(call.side):
                # The emulator was reset while this request was under way.
                raise Dropped
            result = route.handler(call)
            body = self._render(route, call, result, expand)
            self._world.changed = route.method != "GET" or self._world.changed
        headers = {"Request-Id": call.request_id, "Stripe-Version": call.version.name}
        return json_response(200, body, headers)

    def _render(self, route, call, result, expand):
        side, version = call.side, call.version
        if isinstance(result, Page | SearchResult):
            url = route.path.format(**call.ids)
            rendered = rendering.render_list(
                side,
                result.items,
                version,
                url=url,
                has_more=result.has_more,
                expand=expand,
            )
            if isinstance(result, SearchResult):
                rendered.update(object="search_result", next_page=result.next_page)
            return rendered
        rendered = rendering.render(side, result, version, expand)
        return rendering.browser_view(rendered) if call.publishable else rendered

    def _error(self, call, error):
        """Render an error together with the objects that belong into it."""
        fields = error.fields()
        with self._world.lock:
            for name, obj in error.objects.items():
                rendered = rendering.render(call.side, obj, call.version)
                fields[name] = (
                    rendering.browser_view(rendered) if call.publishable else rendered
                )
        return error_response(error.status, fields, call.request_id)


def _check_content_type(request):
    """Refuse JSON bodies, which the v1 API does not take."""
    if request.get_data() and "json" in request.mimetype:
        raise ApiError(
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded). If you have any questions, we can "
            "help at https://support.stripe.com/.",
            stored=False,
        )


def _replay(stored, request_id, key):
    """Return the answer of the first request with this key."""
    headers = {
        "Request-Id": request_id,
        "Original-Request": stored["request_id"],
        "Idempotency-Key": key,
        "Idempotent-Replayed": "true",
    }
    return Response(
        stored["body"], stored["status"], headers, content_type="application/json"
    )

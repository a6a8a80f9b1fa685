"""Errors in the shape in which Stripe's API reports them.

Source: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes
"""

DOC_URL = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """An answer other than 2xx.

    `objects` are stored objects that belong into the error (`payment_intent`, …).
    `stored` says whether the answer is kept for the request's idempotency key: Stripe
    keeps what happened after an endpoint began to execute, not a refused parameter.
    """

    def __init__(
        self,
        message,
        *,
        status=400,
        kind="invalid_request_error",
        code=None,
        param=None,
        decline_code=None,
        stored=True,
        charge=None,
        **objects,
    ):
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.decline_code = decline_code
        self.stored = stored
        self.charge = charge
        self.objects = objects

    def fields(self):
        """Return the `error` hash without objects; what has no value is absent."""
        members = {
            "charge": self.charge,
            "code": self.code,
            "decline_code": self.decline_code,
            "doc_url": DOC_URL + self.code.replace("_", "-") if self.code else None,
            "message": self.message,
            "param": self.param,
            "type": self.kind,
        }
        return {name: value for name, value in members.items() if value is not None}


def invalid(message, *, param=None, code=None, **objects):
    """Return the answer to a request that Stripe understood and refuses (HTTP 400)."""
    return ApiError(message, param=param, code=code, **objects)


def refused_parameter(message, *, param, code=None):
    """Return the answer to a parameter refused before anything is executed."""
    return ApiError(message, param=param, code=code, stored=False)


def missing_parameter(param):
    """Return the answer when a required parameter is absent."""
    message = f"Missing required param: {param}."
    return refused_parameter(message, param=param, code="parameter_missing")


def resource_missing(kind, object_id, *, param, status=404, hint=""):
    """Return the answer for an id that does not exist for this key."""
    return ApiError(
        f"No such {kind}: '{object_id}'{hint}",
        status=status,
        code="resource_missing",
        param=param,
    )


def unexpected_state(message, **objects):
    """Return the answer when an intent's status forbids the operation."""
    return ApiError(message, code="payment_intent_unexpected_state", **objects)

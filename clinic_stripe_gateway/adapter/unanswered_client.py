"""The SDK's HTTP client, knowing when an answer does not tell what was done.

The SDK repeats a request that got no answer, with the same key. That the repetition
came too often says nothing about the first one, which Stripe may have done.
"""

import contextvars

import stripe

TOO_OFTEN = 429

_is_in_doubt = contextvars.ContextVar("is_in_doubt", default=False)


class UnansweredClient(stripe.RequestsClient):
    """The client that does not believe in a refusal that came too late."""

    def request_with_retries(self, *args, **more):
        token = _is_in_doubt.set(False)
        try:
            response = super().request_with_retries(*args, **more)
            if response[1] == TOO_OFTEN and _is_in_doubt.get():
                raise stripe.APIConnectionError("An earlier try was not answered.")
            return response
        finally:
            _is_in_doubt.reset(token)

    def request(self, *args, **more):
        try:
            response = super().request(*args, **more)
        except stripe.APIConnectionError:
            _is_in_doubt.set(True)
            raise
        if response[1] >= 500:
            _is_in_doubt.set(True)
        return response

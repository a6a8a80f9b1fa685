"""Saved cards: whether a payer still has one, and taking it from them."""

import stripe

from .allow_list import only_allowed
from .errors import translated


class SavedCards:
    """Operations on payment methods; a part of the gateway."""

    def is_attached(self, payment_method_id, customer_id):
        """Whether the customer may still be charged with the payment method."""
        with translated():
            return self._get_owner(payment_method_id) == customer_id

    def detach(self, payment_method_id, *, idempotency_key):
        """Take a payment method from its customer, for good.

        One that belongs to nobody any more, or that the account does not know, is
        fine: that is what was wanted.
        """
        endpoint = f"payment_methods/{payment_method_id}/detach"
        with translated():
            try:
                self._client.v1.payment_methods.detach(
                    payment_method_id,
                    only_allowed("POST", endpoint, {}),
                    {"idempotency_key": idempotency_key},
                )
            except stripe.InvalidRequestError:
                if self._get_owner(payment_method_id):
                    raise

    def _get_owner(self, payment_method_id):
        """Return the id of the customer, ``None`` if there is none."""
        try:
            method = self._client.v1.payment_methods.retrieve(payment_method_id)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise
            return None
        return method.customer

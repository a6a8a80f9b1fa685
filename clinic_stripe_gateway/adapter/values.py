"""What the adapter tells its callers, independent of the SDK's classes."""

from dataclasses import dataclass

# Not a status of Stripe's: the account does not have this intent.
ABSENT = "absent"


@dataclass(frozen=True)
class IntentSnapshot:
    """A PaymentIntent as it is now.

    :ivar int amount: in the smallest unit that Stripe knows of the currency
    :ivar str reference: the transaction's opaque reference
    """

    id: str
    status: str
    amount: int
    currency: str
    reference: str

    @property
    def is_closed(self):
        """Whether nobody can pay this account with this intent any more."""
        return self.status in ("canceled", ABSENT)

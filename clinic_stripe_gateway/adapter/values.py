"""What the adapter tells its callers, independent of the SDK's classes."""

from dataclasses import dataclass

# Not a status of Stripe's: the account does not have this intent.
ABSENT = "absent"


@dataclass(frozen=True)
class IntentSnapshot:
    """A PaymentIntent as it is now."""

    id: str
    status: str

    @property
    def is_closed(self):
        """Whether nobody can pay this account with this intent any more."""
        return self.status in ("canceled", ABSENT)

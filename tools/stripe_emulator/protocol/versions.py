"""Stripe API versions: parsing, comparing, and the one that the SDK speaks."""

from dataclasses import dataclass

import stripe

from . import params
from .errors import ApiError

# Dates from which Stripe behaves differently, each with its changelog page below
# https://docs.stripe.com/changelog/.
LISTS_NOT_INLINE = "2020-08-27"  # customer.sources, .subscriptions, .tax_ids
LATEST_CHARGE = "2022-11-15"  # no payment_intent.charges, no inline charge.refunds
AUTOMATIC_METHODS = "2023-08-16"  # automatic_payment_methods is the default
AUTOMATIC_ASYNC = "2024-04-10"  # capture_method defaults to automatic_async
REFUND_EVENTS = "2024-10-28"  # refund.created, .updated, .failed for every refund
NO_RELEASE_REFUND = "2025-03-31"  # releasing an authorisation creates no refund
NO_METHOD_TYPES = "2026-09-30"  # payment_method_types is refused


@dataclass(frozen=True)
class Version:
    """One API version; versions compare by their date."""

    name: str

    @property
    def date(self):
        """The date part, which orders versions."""
        return self.name[:10]

    def before(self, date):
        """Tell whether this version is older than the change made on `date`."""
        return self.date < date


CURRENT = Version(stripe.api_version)


# Every version that exists, from the SDK's type of a webhook endpoint's api_version.
KNOWN = params.struct("WebhookEndpointCreateParams").fields["api_version"].values


def parse(name):
    """Return the version of that name; refuse what Stripe would refuse."""
    if name not in KNOWN:
        raise ApiError(f"Invalid Stripe API version: {name}", stored=False)
    return Version(name)

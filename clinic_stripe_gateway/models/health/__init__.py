"""Whether the gateway works: keys, endpoint, deliveries, backlog.

Takes requests, inbox and ledger.
"""

from . import (
    clinic_stripe_health,
    payment_provider,
    payment_provider_endpoint,
    payment_provider_health,
)

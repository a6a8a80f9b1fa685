"""The health of the gateway: keys, endpoint, messages, backlog and books at a glance.

Takes requests, inbox and ledger.
"""

from . import (
    clinic_stripe_health,
    payment_provider,
    payment_provider_endpoint,
)

"""Requests to Stripe: the one way that each takes, what may leave, keys and accounts.

Takes nothing from other rooms; those below fill the hooks on the way.
"""

from . import (
    payment_provider,
    payment_provider_keys,
    payment_transaction,
    res_currency,
)

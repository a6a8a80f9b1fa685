"""Requests to Stripe: keys, and what every request passes on its way.

Takes nothing from other rooms.
"""

from . import (
    payment_provider,
    payment_provider_keys,
    payment_transaction,
    payment_transaction_busy,
    res_currency,
)

"""Payments by Stripe: what it says of them, what was booked, what may be undone.

Also attempts that were not finished, and charges that Odoo forgot.
Takes requests and unanswered; what has to be looked at again it puts into the inbox.
"""

from . import (
    account_move,
    account_payment,
    payment_transaction,
    payment_transaction_attempts,
    payment_transaction_booking,
    payment_transaction_found,
    payment_transaction_guard,
)

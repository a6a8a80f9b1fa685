"""Payments by Stripe: their attempts, what was booked, what may be undone.

Takes requests and unanswered.
"""

from . import (
    account_move,
    account_payment,
    payment_transaction_attempts,
    payment_transaction_booking,
    payment_transaction_found,
    payment_transaction_guard,
    payment_transaction_moved,
    payment_transaction,
)

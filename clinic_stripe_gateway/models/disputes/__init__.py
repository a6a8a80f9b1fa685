"""Disputes: booked as Stripe tells of them, shown on invoices, told to managers.

Takes requests, payments and inbox.
"""

from . import (
    account_move,
    account_move_line,
    account_payment,
    clinic_stripe_dispute,
    clinic_stripe_dispute_booking,
    clinic_stripe_dispute_notice,
    clinic_stripe_event,
    payment_provider,
    payment_transaction,
)

"""Deposits: paid ahead of a visit, and taken off its invoice.

Takes visits, paying, undo and desk.
"""

from . import (
    account_move,
    account_partial_reconcile,
    account_payment,
    calendar_event,
    calendar_event_deposit_passing,
    calendar_event_series_deposits,
    clinic_service,
    payment_transaction,
    product_template,
)

"""Deposits: how much is paid ahead of a visit, and what it is taken off.

Takes from visits what is booked, from invoicing when it is invoiced, from paying and
undo how money is matched, from desk how it is taken.
"""

from . import (
    account_move,
    account_move_line,
    account_partial_reconcile,
    account_payment,
    calendar_event,
    clinic_desk,
    clinic_service,
    payment_transaction,
    product_template,
)

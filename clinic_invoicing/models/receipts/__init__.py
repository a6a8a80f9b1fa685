"""Receipts, and the payment confirmation that a payer gets by e-mail.

Takes paying and undo.
"""

from . import (
    account_move,
    account_move_line,
    account_partial_reconcile,
    account_payment,
    account_payment_email,
    report_receipt,
)

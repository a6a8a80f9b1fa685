"""What is owed now, what may be paid how, and which invoice a payment pays.

Takes payers and invoicing. Other rooms hear from here when an invoice is paid, a
payment is posted, or money is matched.
"""

from . import (
    account_move,
    account_move_claims,
    account_move_allocation,
    account_move_attempts,
    account_move_held,
    account_move_credits,
    account_move_line,
    account_move_line_held,
    account_move_line_parts,
    account_partial_reconcile,
    account_payment,
    account_payment_held,
    clinic_open_item,
    clinic_shown,
    due,
    payment_method,
    payment_provider,
    payment_token,
    payment_transaction,
    payment_transaction_booking,
    payment_transaction_door,
    payment_transaction_held,
    payment_transaction_pace,
    res_company,
)

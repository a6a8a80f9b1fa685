"""What is owed now, what may be paid how, and which invoice a payment pays.

Takes payers and invoicing.
"""

from . import (
    account_move,
    account_move_accepting,
    account_move_allocation,
    account_move_discount,
    account_move_line,
    account_move_online,
    account_move_attempts,
    account_payment,
    account_payment_destination,
    account_payment_unallocated,
    clinic_by_currency,
    clinic_open_item,
    clinic_shown,
    payment_method,
    payment_provider,
    payment_token,
    payment_token_accepting,
    payment_transaction,
    payment_transaction_accepting,
    payment_transaction_booking,
    payment_transaction_clearing,
    payment_transaction_pace,
    res_company_online,
)

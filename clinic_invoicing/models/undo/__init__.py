"""How invoices are voided, and how payments are taken back or given back.

Takes paying and invoicing.
"""

from . import (
    account_move_leaving,
    account_move_line_leaving,
    account_move,
    account_payment,
    account_payment_negative,
    account_payment_leaving,
    account_payment_matching,
    account_payment_refund,
    account_payment_sending,
    account_payment_undoing,
    account_payment_write_off,
    payment_transaction_leaving,
)

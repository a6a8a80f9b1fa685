"""How invoices are voided, and how payments are taken back or given back.

Takes paying and invoicing. What a provider has moved leaves the books in no other way.
"""

from . import (
    account_move,
    account_move_credit,
    account_move_held_money,
    account_move_line,
    account_move_matching,
    account_payment,
    account_payment_held_money,
    account_payment_matching,
    account_payment_negative,
    account_payment_refund,
    account_payment_return,
    account_payment_write_off,
    clinic_former_allocation,
    clinic_service,
    payment_transaction,
)

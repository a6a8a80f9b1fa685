"""Payments at the front desk: cash, a saved card, or a link.

Takes paying and links.
"""

from . import (
    account_move,
    account_payment,
    clinic_desk,
    clinic_desk_link,
    clinic_desk_payment,
    payment_transaction,
)

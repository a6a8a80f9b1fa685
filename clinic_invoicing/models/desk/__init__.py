"""Payments at the front desk: what may be taken there, by whom, and how.

Takes from paying what is owed and how it is paid, from payers whose cards are charged,
from links what is shown or sent.
"""

from . import (
    account_move,
    account_payment,
    clinic_desk,
    clinic_desk_payment,
    payment_transaction,
)

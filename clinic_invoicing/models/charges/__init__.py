"""Charges that are due on a day: announced to the payer, sent once, and followed.

A charge is of a saved card, or a link where there is none. When it is due, how much is
charged at most, when it is tried again and when it is given up is decided here.

Takes from paying what can be asked for and how a card is charged, from links the link
to pay by hand, from reminders that nobody is reminded of what is charged, and from
settings whose day it is.
"""

from . import (
    clinic_collected,
    clinic_agreement,
    account_move,
    account_move_line,
    account_partial_reconcile,
    clinic_scheduled_charge,
    clinic_scheduled_charge_job,
    clinic_scheduled_charge_notice,
    payment_transaction,
)

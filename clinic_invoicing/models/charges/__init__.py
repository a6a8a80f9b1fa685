"""Charges of a saved card by themselves: announced, sent, and followed.

Takes paying and reminders.
"""

from . import (
    account_move,
    clinic_scheduled_charge,
    clinic_scheduled_charge_notice,
    clinic_scheduled_charge_telling,
    clinic_scheduled_charge_job,
    payment_transaction,
)

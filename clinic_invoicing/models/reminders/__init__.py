"""Reminders: who is reminded of what, when, and when no more.

Takes paying and statements.
"""

from . import (
    account_move,
    clinic_reminder,
    clinic_reminder_schedule,
    res_company,
    res_partner,
)

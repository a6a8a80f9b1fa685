"""Reminders: who is reminded of what, when, and when no more.

Takes from settings the schedule, from payers who is written to, from paying what can be
paid, from links the way to pay it.
"""

from . import account_move, clinic_reminder, res_company, res_partner

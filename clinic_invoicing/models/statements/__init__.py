"""Statements of account, and how old the open amounts are.

Takes paying and payers.
"""

from . import account_move, clinic_aging, res_partner, res_partner_statement

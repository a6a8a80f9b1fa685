"""Statements of account: what payers owe, how old it is, and how it came to that.

Takes from payers who is addressed, from paying which items are open.
"""

from . import account_move, clinic_aging, res_partner

"""What clients see of their invoices: the Billing pages and the red number.

Takes from payers whose something is, from paying what is owed, from receipts what has
arrived.
"""

from . import account_move, res_users

"""The client's Billing pages and the red number.

Takes paying and receipts.
"""

from . import account_move, account_move_document, res_users

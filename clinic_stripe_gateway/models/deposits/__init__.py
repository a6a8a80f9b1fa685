"""Deposits by Stripe: their visit is remembered, and called-off ones are not sent.

Takes unanswered and payments.
"""

from . import payment_transaction

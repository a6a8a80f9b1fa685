"""Deposits by Stripe.

Takes payments.
"""

from . import payment_transaction

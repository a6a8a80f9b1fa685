"""Scheduled charges by Stripe.

Takes payments and cards.
"""

from . import payment_token, payment_transaction

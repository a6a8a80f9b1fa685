"""Requests that Stripe has not answered: asked again, never guessed.

Takes requests.
"""

from . import payment_transaction_ask, payment_transaction

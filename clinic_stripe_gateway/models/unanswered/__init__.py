"""Requests that Stripe has not answered: asked about, sent again, never guessed.

Takes requests. What a payment's parts and refunds are it learns from payments.
"""

from . import payment_transaction, payment_transaction_ask

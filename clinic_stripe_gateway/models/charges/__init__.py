"""Scheduled charges by Stripe: a dead worker's are found out, declines have a code.

Takes requests, unanswered (which asks for them) and payments.
"""

from . import payment_token, payment_transaction

"""What Stripe was told about whom.

Takes requests and cards.
"""

from . import (
    clinic_stripe_customer,
    clinic_stripe_disclosure,
    payment_provider,
    payment_transaction,
    res_partner,
)

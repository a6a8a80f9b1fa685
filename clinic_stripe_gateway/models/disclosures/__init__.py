"""The list of what Stripe was told about whom, written before it is sent.

Takes requests (what is about to leave) and cards (customers).
"""

from . import (
    clinic_stripe_customer,
    clinic_stripe_disclosure,
    payment_provider,
    payment_transaction,
    res_partner,
)

"""The comparison of our books with Stripe's.

Takes payments and disputes.
"""

from . import (
    clinic_stripe_check,
    clinic_stripe_check_compare,
    clinic_stripe_check_disputes,
    clinic_stripe_check_judge,
    clinic_stripe_difference,
)

"""The comparison of Stripe's books with Odoo's entries, and each difference.

Takes requests, payments, disputes and inbox (which settles differences).
"""

from . import (
    clinic_stripe_check,
    clinic_stripe_check_compare,
    clinic_stripe_check_disputes,
    clinic_stripe_check_judge,
    clinic_stripe_difference,
)

"""Payment plans: an invoice in instalments.

Takes charges.
"""

from . import (
    clinic_payment_plan,
    clinic_payment_plan_agreement,
    clinic_payment_plan_following,
)

"""Payment plans: a practice and a payer agree on instalments.

What is proposed, accepted and declined, what is left of the instalments, and when a
plan ends is decided here. While it is active nobody else asks for its invoices.

Takes from charges how instalments are collected, from autopay which cards there are,
and from paying what is owed.
"""

from . import (
    account_move,
    clinic_payment_plan,
    clinic_payment_plan_agreement,
    clinic_scheduled_charge,
)

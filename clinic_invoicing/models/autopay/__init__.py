"""Autopay: clients agree that a saved card pays their invoices.

Who may agree to it, what they read and limit, which invoices are taken up, and when an
agreement ends is decided here.

Takes from charges all that happens after a charge is planned, and from paying what can
be asked for.
"""

from . import (
    account_move,
    clinic_autopay,
    clinic_autopay_job,
    clinic_scheduled_charge,
    res_company,
    res_users,
)

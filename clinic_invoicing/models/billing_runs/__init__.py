"""Billing runs: many invoices in the background, sent, and undone together.

Takes invoicing. Undo voids the invoices of a run, links keep quiet about them.
"""

from . import (
    account_move,
    clinic_billing_run,
    clinic_billing_run_chunk,
    clinic_billing_run_item,
    clinic_billing_run_queue,
)

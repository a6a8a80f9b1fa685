"""Billing runs: many invoices in the background, sent, and undone together.

Takes invoicing.
"""

from . import (
    clinic_billing_run,
    clinic_billing_run_chunk,
    clinic_billing_run_item,
    clinic_billing_run_preview,
    clinic_billing_run_queue,
    clinic_billing_run_sending,
    clinic_billing_run_undo,
)

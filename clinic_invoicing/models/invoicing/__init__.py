"""Invoices of services: which lines they get, and how many are posted at once.

Takes services, payers and visits.
"""

from . import (
    account_move_batch,
    account_move_batch_chatter,
    account_move_line,
    account_move_line_batch,
    account_move_posting,
    clinic_service,
    clinic_service_share,
    ir_actions_report,
)

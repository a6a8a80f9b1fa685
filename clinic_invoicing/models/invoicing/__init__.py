"""Invoices of services: which lines they get, and how many are posted at once.

Takes services and payers: what is billed, and to whom.
"""

from . import (
    account_move,
    account_move_batch,
    account_move_batch_chatter,
    account_move_line,
    clinic_service,
    clinic_service_share,
    clinic_service_share_preview,
    ir_actions_report,
)

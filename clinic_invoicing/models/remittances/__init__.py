"""One payment of an insurer for many services: found, checked, posted, undone.

Takes payers (who owes what, how it moves, what money is named for), invoicing (the
clients' invoices), paying (exactly so much of a line) and undo (credit notes,
payments that never were).
"""

from . import (
    account_move,
    clinic_remittance,
    clinic_remittance_line,
    clinic_remittance_line_search,
    clinic_remittance_line_problems,
    clinic_remittance_handover,
    clinic_remittance_money,
    clinic_remittance_posting,
    clinic_remittance_undo,
    clinic_service,
    clinic_service_share,
    clinic_share_allocation,
    clinic_share_settlement,
)

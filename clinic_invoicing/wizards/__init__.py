from . import payers, visits, paying
from . import (
    account_move_reversal,
    clinic_aging_date,
    clinic_invoice_void,
    clinic_payment_plan_proposal,
    clinic_payment_reversal,
    clinic_statement,
    payment_link_wizard,
)

from . import payers, visits
from . import (
    account_move_reversal,
    account_payment_register,
    account_payment_register_accepting,
    account_payment_register_charge,
    account_payment_register_guards,
    clinic_aging_date,
    clinic_invoice_void,
    clinic_payment_plan_proposal,
    clinic_payment_reversal,
    clinic_statement,
    payment_link_wizard,
)

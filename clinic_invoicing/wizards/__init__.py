from . import (
    account_payment_register,
    account_payment_register_charge,
    account_payment_register_guards,
    clinic_aging_date,
    clinic_insurer_answer,
    clinic_invoice_void,
    clinic_payment_reversal,
    clinic_service_flip,
    clinic_service_split,
    clinic_share_move,
    clinic_statement,
)

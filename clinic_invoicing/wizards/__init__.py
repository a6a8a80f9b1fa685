from . import (
    account_payment_register,
    account_payment_register_charge,
    account_payment_register_guards,
    clinic_invoice_void,
    clinic_payment_reversal,
)

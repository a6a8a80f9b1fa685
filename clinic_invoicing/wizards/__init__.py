from . import account_payment_register, clinic_invoice_void, clinic_payment_reversal

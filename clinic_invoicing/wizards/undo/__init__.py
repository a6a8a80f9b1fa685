from . import account_move_reversal, clinic_invoice_void, clinic_payment_reversal

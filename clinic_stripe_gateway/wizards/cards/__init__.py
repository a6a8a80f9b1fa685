from . import account_payment_register, clinic_card_rename

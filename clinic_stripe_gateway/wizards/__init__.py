from . import account_payment_register, base_partner_merge, clinic_card_rename

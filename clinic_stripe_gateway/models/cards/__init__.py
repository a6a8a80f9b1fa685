"""Saved cards: whose they are, who has agreed, which are offered, and their end.

Takes requests (accounts, errors), payments (transactions) and inbox (messages).
"""

from . import (
    account_payment,
    clinic_card_consent,
    clinic_stripe_customer,
    clinic_stripe_detachment,
    clinic_stripe_event,
    payment_provider,
    payment_token,
    payment_token_offer,
    payment_token_removal,
    payment_token_save,
    payment_transaction,
    res_partner,
)

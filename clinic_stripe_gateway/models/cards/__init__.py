"""Saved cards: whose they are, agreed to, offered, removed everywhere.

Takes requests, payments and inbox.
"""

from . import (
    account_payment,
    clinic_card_consent,
    clinic_stripe_customer,
    clinic_stripe_detachment,
    clinic_stripe_event,
    payment_method,
    payment_provider,
    payment_token,
    payment_token_brand,
    payment_token_consent,
    payment_token_offer,
    payment_token_removal,
    payment_token_save,
    payment_transaction,
    res_partner,
)

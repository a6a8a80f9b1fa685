"""The rooms, in their order: a room overrides only what rooms above it say."""

from . import (
    requests,
    unanswered,
    payments,
    inbox,
    cards,
    disputes,
    ledger,
    health,
    charges,
    deposits,
)
from . import (
    clinic_stripe_customer_disclosing,
    clinic_stripe_disclosure,
    payment_provider_disclosing,
    payment_transaction_disclosing,
    res_partner_disclosing,
)

from . import (
    clinic_stripe_customer,
    clinic_stripe_event,
    payment_provider,
    payment_transaction,
)

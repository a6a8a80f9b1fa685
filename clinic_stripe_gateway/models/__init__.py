from . import (
    clinic_stripe_check,
    clinic_stripe_check_comparing,
    clinic_stripe_difference,
    clinic_stripe_customer,
    clinic_stripe_event,
    clinic_stripe_event_receiving,
    clinic_stripe_event_settling,
    payment_provider,
    payment_provider_listening,
    payment_transaction,
)

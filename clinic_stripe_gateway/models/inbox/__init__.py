"""Messages of Stripe: stored once, worked off in batches, asked for when missing.

Takes requests (keys) and payments (what is settled). Others add types of messages.
"""

from . import (
    clinic_stripe_event,
    clinic_stripe_event_job,
    clinic_stripe_event_receive,
    clinic_stripe_event_settle,
    ir_http,
    payment_provider,
)

"""Messages of Stripe: kept once, worked off, settled.

Takes requests and payments.
"""

from . import (
    clinic_stripe_event,
    clinic_stripe_event_job,
    clinic_stripe_event_attention,
    clinic_stripe_event_receive,
    clinic_stripe_event_settle,
    clinic_stripe_event_sweep,
    ir_http,
    payment_provider,
)

"""Names that several files of the gateway share."""

# What Core builds is written for Core's own version (payment_stripe.const); what
# the gateway builds itself is written for this one.
API_VERSION = "2026-10-28.endive"

# Switches that an administrator sets as system parameters.
PARAM_USE_SDK = "clinic_stripe_gateway.use_sdk"
PARAM_API_BASE = "clinic_stripe_gateway.api_base"
# Seconds to wait for an answer of Stripe.
PARAM_TIMEOUT = "clinic_stripe_gateway.timeout"

# Operations by which a card is typed into a form, whatever the form calls it.
TYPED = ("online_direct", "online_redirect")

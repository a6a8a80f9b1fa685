from . import (
    test_attempts,
    test_customers,
    test_own_intent,
    test_privacy,
    test_provider,
    test_reference,
    test_transport,
    test_webhook,
)

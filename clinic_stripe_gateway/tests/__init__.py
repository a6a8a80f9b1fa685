from . import (
    test_attempts,
    test_customers,
    test_event_failures,
    test_events,
    test_kill_switch,
    test_own_intent,
    test_privacy,
    test_provider,
    test_reference,
    test_refund_events,
    test_transport,
    test_webhook,
)

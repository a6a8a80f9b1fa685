from . import (
    test_access_rights,
    test_appointments,
    test_billing_run,
    test_given_back,
    test_paid,
    test_payable,
    test_portal,
    test_rates,
    test_reversal,
    test_services,
    test_unallocated,
    test_void,
)

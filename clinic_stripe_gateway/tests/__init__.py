from . import test_translations
from .cards import (
    test_brands,
    test_card_owners,
    test_cards,
    test_consent,
    test_customers,
    test_desk_cards,
    test_detach,
)
from .charges import test_scheduled_charges
from .disclosures import test_disclosures
from .disputes import test_dispute_readers, test_disputes, test_money_comes_back
from .health import test_health
from .inbox import (
    test_event_batches,
    test_event_failures,
    test_event_sweep,
    test_events,
    test_refund_events,
    test_webhook,
)
from .ledger import test_ledger_check, test_ledger_disputes
from .payments import (
    test_attempts,
    test_booked_payments,
    test_limits,
    test_lost_and_found,
    test_never_charged,
    test_own_intent,
    test_programs,
    test_starts,
    test_undo,
    test_walks,
)
from .privacy import test_privacy, test_privacy_flows
from .requests import (
    test_error_words,
    test_keys,
    test_kill_switch,
    test_own_requests,
    test_provider,
    test_reference,
    test_transport,
)
from .routes import test_public_routes
from .security import test_rights
from .sequences import test_disputed_sequences, test_sequences
from .unanswered import test_unanswered, test_unanswered_refunds

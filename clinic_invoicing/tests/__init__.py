from . import test_translations
from .autopay import (
    test_autopay,
    test_autopay_agreements,
    test_due_days,
    test_held_money_first,
    test_paused,
)
from .billing_runs import test_billing_run, test_run_starter
from .deposits import test_deposits, test_joint_invoices, test_left_deposits
from .desk import test_desk
from .guards import (
    test_bound_companies,
    test_dialogs,
    test_guarded,
    test_other_companies,
)
from .hosting import test_log_records, test_private_pages
from .invoicing import (
    test_batch_posting,
    test_billing_engine,
    test_service_amounts,
    test_to_the_cent,
)
from .links import test_payment_links
from .payers import (
    test_insurance,
    test_partner_merge,
    test_payers_stay,
    test_rate_flips,
    test_share_sequences,
    test_shares,
    test_three_parties,
    test_whose,
    test_write_offs,
)
from .paying import (
    test_askers,
    test_early_discount,
    test_held_money,
    test_held_money_pays,
    test_late_payments,
    test_limits,
    test_named_shares,
    test_offline,
    test_own_money,
    test_pace,
    test_paid,
    test_payable,
    test_preview,
    test_shown,
    test_unallocated,
    test_ways_to_pay,
)
from .plans import test_payment_plans
from .portal import (
    test_contacts_of_payers,
    test_portal,
    test_portal_payments,
    test_portal_privacy,
)
from .programs import test_cancelled_registrations, test_portal_programs, test_programs
from .rates import test_rates
from .receipts import test_payment_confirmation, test_portal_documents, test_receipts
from .remittances import (
    test_insurers_answers,
    test_remittance_import,
    test_remittance_undo,
    test_remittances,
)
from .reminders import test_reminders
from .security import test_access_rights, test_rights
from .sequences import test_ledger_sequences
from .services import test_services
from .settings import test_branches, test_practice_days
from .statements import test_money_owed, test_statements
from .undo import (
    test_booked_payments,
    test_money_comes_back,
    test_money_given_back,
    test_provider_refunds,
    test_reversal,
    test_void,
)
from .visits import (
    test_appointments,
    test_billed_visits,
    test_facts,
    test_facts_upgrade,
    test_fees_and_insurers,
    test_fees_follow,
    test_group_sessions,
    test_kept_visits,
    test_series,
    test_visit_closing,
    test_withdrawn_appointments,
)

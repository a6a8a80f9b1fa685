"""Who may do what with what this addon adds, and why; everything else is refused."""

from odoo.addons.clinic_invoicing.tests.security.rights_words import (
    ADMINISTRATORS,
    BILLERS,
    MANAGERS,
    Fields,
    Table,
    may,
)

ACCOUNTING = "accountant biller refunder manager"
CARD_KEEPERS = f"{BILLERS} refunder"
REFUNDERS = f"{MANAGERS} refunder"
ANSWERING = f"{MANAGERS} {ADMINISTRATORS}"

NO_ONE = may("", "Nobody: Odoo keeps it.")
UNDOES = may(REFUNDERS, "Money goes back.")
ASKS = may(ANSWERING, "Who answers for the payments, and who repairs the connection.")
REPAIRS = may(ADMINISTRATORS, "Who connects Stripe.")
CLEANS = may(ADMINISTRATORS, "Who cleans up.")
COMPARES = may(MANAGERS, "They answer for the books.")
KEEPS_CARDS = may(CARD_KEEPERS, "For clients who ask for it.")


def _kept_by_odoo(readers, why, unlink=NO_ONE):
    return {
        "read": may(readers, why),
        "create": NO_ONE,
        "write": NO_ONE,
        "unlink": unlink,
    }


MODELS = {
    "clinic.card.consent": _kept_by_odoo(
        f"{CARD_KEEPERS} {ADMINISTRATORS}", "It proves what a card may be charged for."
    ),
    "clinic.card.rename": {
        "read": KEEPS_CARDS,
        "create": KEEPS_CARDS,
        "write": KEEPS_CARDS,
        "unlink": NO_ONE,
    },
    "clinic.stripe.check": {
        "read": ASKS,
        "create": ASKS,
        "write": CLEANS,
        "unlink": CLEANS,
    },
    "clinic.stripe.customer": _kept_by_odoo(
        ADMINISTRATORS, "Who connects Stripe finds out what it knows.", CLEANS
    ),
    "clinic.stripe.detachment": _kept_by_odoo(
        ADMINISTRATORS, "Who connects Stripe sees what waits."
    ),
    "clinic.stripe.difference": _kept_by_odoo(
        ANSWERING, "What a comparison has found is settled.", CLEANS
    ),
    "clinic.stripe.disclosure": _kept_by_odoo(
        ANSWERING, "Clients are told what was sent about them."
    ),
    "clinic.stripe.dispute": _kept_by_odoo(MANAGERS, "They answer the bank."),
    "clinic.stripe.event": {
        "read": ASKS,
        "create": NO_ONE,
        "write": may(ADMINISTRATORS, "Activities and messages; all fields are fixed."),
        "unlink": CLEANS,
    },
    "clinic.stripe.health": _kept_by_odoo(ADMINISTRATORS, "Who connects Stripe."),
}

FIELDS = {
    "account.move": Fields(
        derived="clinic_may_release clinic_stripe_dispute_id "
        "clinic_stripe_dispute_ids clinic_stripe_dispute_notice"
    ),
    "account.payment": Fields(derived="clinic_stripe_dispute_ids"),
    "clinic.card.consent": Fields(
        derived="company_id is_by_staff partner_id scope text token_id "
        "transaction_id user_id"
    ),
    "clinic.card.rename": Fields(ordinary={"nickname token_id": KEEPS_CARDS}),
    "clinic.stripe.check": Fields(
        derived="charge_count checked_on difference_count difference_ids "
        "dispute_count other_count reason refund_count state under_way_count user_id",
        ordinary={"provider_id date_from date_to": ASKS},
    ),
    "clinic.stripe.customer": Fields(derived="account_ref customer_ref partner_id"),
    "clinic.stripe.detachment": Fields(
        derived="account_ref attempts next_attempt payment_method_ref provider_id "
        "reason state token_id"
    ),
    "clinic.stripe.difference": Fields(
        derived="asked_on can_settle check_id currency_id explanation kind object_id "
        "odoo_amount odoo_currency_id payment_id provider_id stripe_amount "
        "transaction_id"
    ),
    "clinic.stripe.disclosure": Fields(
        derived="answer_ref company_ref endpoint method partner_ref payload sent_on"
    ),
    "clinic.stripe.dispute": Fields(
        derived="amount amount_withdrawn charge_id company_id currency_id dispute_id "
        "due_date entry_ids fee fee_booked fee_currency_id invoice_ids is_held "
        "is_refundable moved_on partner_id payment_id problem provider_id reason "
        "reason_text status transaction_id withdrawal_id"
    ),
    "clinic.stripe.event": Fields(
        derived="attempts company_id delivered disowned_by_id event_id event_type "
        "livemode next_attempt object_id provider_id reason state transaction_id"
    ),
    "clinic.stripe.health": Fields(derived="level message provider_id subject"),
    "payment.provider": Fields(
        derived="clinic_stripe_account_ref clinic_stripe_health "
        "clinic_stripe_health_ids clinic_stripe_health_on clinic_stripe_swept_until",
        ordinary={"clinic_card_consent clinic_stripe_fee_account_id": REPAIRS},
    ),
    "payment.token": Fields(
        derived="clinic_account_ref clinic_brand clinic_consent_date "
        "clinic_consent_ids clinic_consent_user_id clinic_detachment_ids "
        "clinic_exp_month clinic_exp_year clinic_expiry clinic_fingerprint "
        "clinic_is_default clinic_is_expired clinic_nickname clinic_preferred_on "
        "clinic_state "
        "clinic_warned_on",
    ),
    "payment.transaction": Fields(
        derived="clinic_consent_ids clinic_stripe_ask_at clinic_stripe_decline_code "
        "clinic_stripe_is_found clinic_stripe_request clinic_stripe_was_busy"
    ),
    "res.partner": Fields(
        derived="clinic_card_ids clinic_stripe_disclosed clinic_stripe_disclosure_ids"
    ),
}

METHODS = {
    "account.move": {
        "action_clinic_stripe_view_disputes": COMPARES,
        "payment_action_void": UNDOES,
    },
    "account.payment": {
        "action_clinic_stripe_view_disputes": COMPARES,
        "action_post": may(ACCOUNTING, "As Core: whoever invoices."),
    },
    "clinic.card.rename": {"action_save": KEEPS_CARDS},
    "clinic.stripe.check": {"action_check_now": COMPARES, "action_run": COMPARES},
    "clinic.stripe.difference": {
        "action_open_payment": ASKS,
        "action_settle": COMPARES,
    },
    "clinic.stripe.dispute": {"action_refresh": COMPARES},
    "clinic.stripe.event": {
        "action_ask_stripe": ASKS,
        "action_disown": ASKS,
        "action_open_transaction": ASKS,
        "action_retry": ASKS,
    },
    "payment.provider": {
        "action_clinic_stripe_check_health": REPAIRS,
        "action_clinic_stripe_check_keys": REPAIRS,
        "action_clinic_stripe_open_checks": may(
            ANSWERING, "It opens the list of what they may read."
        ),
        "action_clinic_stripe_repair_endpoint": REPAIRS,
        "action_stripe_create_webhook": REPAIRS,
    },
    "payment.token": {
        "action_clinic_make_default": KEEPS_CARDS,
        "action_clinic_remove": KEEPS_CARDS,
        "action_clinic_rename": KEEPS_CARDS,
    },
    "payment.transaction": {
        "action_clinic_stripe_ask": may(
            f"{ACCOUNTING} {ADMINISTRATORS}",
            "It asks what became of what was sent, and sends nothing.",
        ),
        "action_refund": UNDOES,
        "action_void": UNDOES,
    },
    "res.partner": {"action_clinic_stripe_disclosures": ASKS},
}

FOREIGN = {
    ("payment.provider", "action_clinic_stripe_open_checks"): may(
        "other_manager", "It opens the list of what they may read."
    ),
    ("res.partner", "action_clinic_stripe_disclosures"): may(
        "other_manager", "Contacts are shared; it lists what their company has sent."
    ),
    ("clinic.stripe.check", "action_check_now"): may(
        "other_manager", "It compares the books of their own companies."
    ),
    ("clinic.stripe.event", "action_ask_stripe"): may(
        "other_manager", "It asks about the events of their own companies."
    ),
}

TABLE = Table("clinic_stripe_gateway", MODELS, FIELDS, METHODS, FOREIGN)

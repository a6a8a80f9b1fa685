"""Parameters that Stripe knows and the emulator does not act upon.

They are refused instead of ignored: a test must not pass because something that it
asked for was silently left out.
"""

from .errors import ApiError

_CONNECT = {"application_fee_amount", "on_behalf_of", "transfer_data", "transfer_group"}
_INTENT = {
    "amount_details",
    "confirmation_token",
    "customer_account",
    "hooks",
    "payment_details",
    "payment_method_configuration",
    "radar_options",
}
_CUSTOMER = {
    "balance",
    "business_name",
    "cash_balance",
    "individual_name",
    "invoice_prefix",
    "next_invoice_sequence",
    "source",
    "tax",
    "validate",
}

UNMODELLED = {
    "AccountCreateParams": {
        "account_token",
        "capabilities",
        "controller",
        "documents",
        "external_account",
        "groups",
        "individual",
        "settings",
        "tos_acceptance",
    },
    "AccountLinkCreateParams": {"collect", "collection_options"},
    "BalanceTransactionListParams": {"payout"},
    "ChargeUpdateParams": {"transfer_group"},
    "CustomerCreateParams": {*_CUSTOMER, "tax_id_data", "test_clock"},
    "CustomerListParams": {"test_clock"},
    "CustomerListPaymentMethodsParams": {"allow_redisplay"},
    "CustomerUpdateParams": {*_CUSTOMER, "default_source"},
    "DisputeUpdateParams": {"intended_submission_method"},
    "PaymentIntentCaptureParams": {
        "amount_details",
        "application_fee_amount",
        "final_capture",
        "hooks",
        "payment_details",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
    },
    "PaymentIntentConfirmParams": {
        "allowed_payment_method_types",
        "amount_details",
        "amount_to_confirm",
        "confirmation_token",
        "excluded_payment_method_types",
        "hooks",
        "payment_details",
        "payment_method_options",
        "radar_options",
    },
    "PaymentIntentCreateParams": {*_CONNECT, *_INTENT},
    "PaymentIntentListParams": {"customer_account"},
    "PaymentIntentUpdateParams": {
        *_CONNECT,
        *_INTENT,
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "payment_method_options",
    }
    - {"confirmation_token", "on_behalf_of", "radar_options"},
    "PaymentMethodAttachParams": {"customer_account"},
    "PaymentMethodCreateParams": {"payment_method", "radar_options"},
    "PaymentMethodListParams": {"allow_redisplay", "customer_account"},
    "PaymentMethodUpdateParams": {"us_bank_account"},
    "RefundCreateParams": {
        "currency",
        "customer",
        "instructions_email",
        "origin",
        "refund_application_fee",
        "reverse_transfer",
    },
    "SetupIntentConfirmParams": {
        "allowed_payment_method_types",
        "confirmation_token",
        "payment_method_options",
    },
    "SetupIntentCreateParams": {
        "attach_to_self",
        "confirmation_token",
        "customer_account",
        "flow_directions",
        "on_behalf_of",
        "payment_method_configuration",
        "single_use",
    },
    "SetupIntentListParams": {"attach_to_self", "customer_account"},
    "SetupIntentUpdateParams": {
        "allowed_payment_method_types",
        "attach_to_self",
        "customer_account",
        "excluded_payment_method_types",
        "flow_directions",
        "payment_method_configuration",
        "payment_method_options",
    },
    "terminal.ConnectionTokenCreateParams": {"location"},
    "terminal.LocationCreateParams": {
        "address_kana",
        "address_kanji",
        "configuration_overrides",
        "display_name_kana",
        "display_name_kanji",
        "phone",
    },
    "TokenCreateParams": {
        "account",
        "bank_account",
        "customer",
        "cvc_update",
        "person",
        "pii",
    },
    "WebhookEndpointCreateParams": {"connect"},
}


def refuse_unmodelled(struct_name, given):
    """Answer 501 when a request needs something that the emulator does not do."""
    for name in sorted(UNMODELLED.get(struct_name, set()) & set(given)):
        raise ApiError(
            f"The emulator does not model the parameter {name}.",
            status=501,
            kind="api_error",
            param=name,
            stored=False,
        )

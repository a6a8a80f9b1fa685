"""Identifiers and secrets with Stripe's prefixes."""

import hashlib
import hmac
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits

PREFIXES = {
    "account": "acct_",
    "apple_pay_domain": "apwc_",
    "balance_transaction": "txn_",
    "charge": "ch_",
    "customer": "cus_",
    "dispute": "du_",
    "event": "evt_",
    "mandate": "mandate_",
    "payment_intent": "pi_",
    "payment_method": "pm_",
    "payment_method_domain": "pmd_",
    "radar.early_fraud_warning": "issfr_",
    "refund": "re_",
    "request": "req_",
    "setup_attempt": "setatt_",
    "setup_intent": "seti_",
    "terminal.location": "tml_",
    "terminal.reader": "tmr_",
    "token": "tok_",
    "webhook_endpoint": "we_",
}


def random_text(length):
    """Return `length` random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_id(kind):
    """Return an unused id for an object of that kind."""
    return PREFIXES[kind] + random_text(24 if kind != "customer" else 14)


def fingerprint(salt, text):
    """Return 16 characters that identify `text` within one account.

    Equal card numbers get equal fingerprints; the number cannot be read back without
    the account's salt.
    """
    digest = hmac.new(salt.encode(), text.encode(), hashlib.sha256).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:16])

"""Test bank accounts for the slow methods `us_bank_account` and `sepa_debit`.

Source: https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers
and https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-account-numbers
"""

from ..protocol import ids
from ..protocol.errors import refused_parameter
from .behaviours import Behaviour

DAY = 24 * 3600
# How long a debit stays `processing`, in seconds of the emulated clock.
SETTLEMENT = {"us_bank_account": 4 * DAY, "sepa_debit": 5 * DAY}

_ROUTING_NUMBER = "110000000"


def _fails(reason):
    return Behaviour(settlement="fails", decline=reason)


BEHAVIOURS = {
    "success": Behaviour(),
    "account_closed": _fails("account_closed"),
    "no_account": _fails("no_account"),
    "insufficient_funds": _fails("bank_insufficient_funds"),
    "debit_not_authorized": _fails("debit_not_authorized"),
    "processing": Behaviour(settlement="stays"),
    "dispute": Behaviour(dispute="debit_not_authorized"),
}

_US_ACCOUNTS = {
    "000123456789": "success",
    "000111111113": "account_closed",
    "000111111116": "no_account",
    "000222222227": "insufficient_funds",
    "000333333335": "debit_not_authorized",
    "000555555559": "dispute",
    "000000000009": "processing",
}
_TOKENS = {
    "pm_usBankAccount_success": "000123456789",
    "pm_usBankAccount_accountClosed": "000111111113",
    "pm_usBankAccount_noAccount": "000111111116",
    "pm_usBankAccount_insufficientFunds": "000222222227",
    "pm_usBankAccount_debitNotAuthorized": "000333333335",
    "pm_usBankAccount_dispute": "000555555559",
    "pm_usBankAccount_processing": "000000000009",
}
_IBANS = {
    "AT611904300234573201": "success",
    "DE89370400440532013000": "success",
    "AT861904300235473202": "account_closed",
    "DE62370400440532013001": "account_closed",
    "AT591904300235473203": "dispute",
    "AT601904300000121212": "insufficient_funds",
}


def is_token(payment_method_id):
    """Tell whether an id is a `pm_usBankAccount_…` stand-in."""
    return payment_method_id in _TOKENS


def from_token(side, token):
    """Return the details of the account behind a stand-in id."""
    return _us_details(side, _TOKENS[token], {})


def us_bank_account(side, given, param="us_bank_account"):
    """Return the details of a typed US account; only test numbers are accepted."""
    number = given.get("account_number") or ""
    if number not in _US_ACCOUNTS or given.get("routing_number") != _ROUTING_NUMBER:
        message = "You must use a test bank account number in test mode."
        raise refused_parameter(
            message, param=f"{param}[account_number]", code="account_number_invalid"
        )
    return _us_details(side, number, given)


def _us_details(side, number, given):
    return {
        "_bank": _US_ACCOUNTS[number],
        "account_holder_type": given.get("account_holder_type") or "individual",
        "account_type": given.get("account_type") or "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": ids.fingerprint(side.salt, number),
        "last4": number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": _ROUTING_NUMBER,
        "status_details": {},
    }


def sepa_debit(side, given, param="sepa_debit"):
    """Return the details of a typed IBAN; only test numbers are accepted."""
    iban = (given.get("iban") or "").replace(" ", "").upper()
    if iban not in _IBANS:
        message = "The IBAN you supplied is not a test IBAN."
        raise refused_parameter(message, param=f"{param}[iban]", code="invalid_iban")
    return {
        "_bank": _IBANS[iban],
        "bank_code": iban[4:9],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": ids.fingerprint(side.salt, iban),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }

"""Cards: from a typed test number or a token to the details of a payment method.

Nothing but documented test numbers is accepted: a real card number must never reach a
development tool. The number itself is never kept.
"""

import datetime

from ..protocol import ids
from ..protocol.errors import ApiError
from .card_table import TEST_CARDS

_BY_NUMBER = {card.number: card for card in TEST_CARDS}
_BY_NAME = {card.name: card for card in TEST_CARDS}
_BY_TOKEN = {f"pm_card_{card.token}": card for card in TEST_CARDS if card.token}
_BY_LEGACY_TOKEN = {f"tok_{card.token}": card for card in TEST_CARDS if card.token}
INCORRECT_NUMBER = "4242424242424241"


def is_token(payment_method_id):
    """Tell whether an id is one of Stripe's `pm_card_…` stand-ins for a card."""
    return payment_method_id in _BY_TOKEN


def behaviour(name):
    """Return how the test card of that name behaves."""
    return _BY_NAME[name].behaviour


def from_token(side, token, now):
    """Return the details of the card that a `pm_card_…` or `tok_…` id stands for."""
    card = _BY_TOKEN.get(token) or _BY_LEGACY_TOKEN.get(token)
    if card is None:
        return None
    year = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).year + 1
    return _details(side, card, 12, year, has_cvc=True)


def from_number(side, card, now, param="card"):
    """Check a typed card and return its details; never keeps the number.

    `card` holds number, exp_month, exp_year and maybe cvc, already type-checked.
    """
    number = str(card.get("number") or "").replace(" ", "").replace("-", "")
    if number == INCORRECT_NUMBER or not passes_luhn(number):
        raise _card_error("incorrect_number", "Your card number is incorrect.", param)
    test_card = _BY_NUMBER.get(number)
    if test_card is None:
        raise ApiError(
            "Your card was declined. Your request was in test mode, but used a non "
            "test (live) card. For a list of valid test cards, visit: "
            "https://stripe.com/docs/testing.",
            status=402,
            kind="card_error",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    month, year = _expiry(card, now, param)
    cvc = card.get("cvc")
    if cvc is not None and not _is_cvc(cvc, test_card.brand):
        message = "Your card's security code is invalid."
        raise _card_error("invalid_cvc", message, param)
    return _details(side, test_card, month, year, has_cvc=cvc is not None)


def passes_luhn(number):
    """Check the digit sum that every card number has."""
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 for digit in digits[1::2]]
    return sum(digits[::2] + [each - 9 * (each > 9) for each in doubled]) % 10 == 0


def _expiry(card, now, param):
    month, year = int(card.get("exp_month") or 0), int(card.get("exp_year") or 0)
    year += 2000 if 0 <= year < 100 else 0
    if not 1 <= month <= 12:
        message = "Your card's expiration month is invalid."
        raise _card_error("invalid_expiry_month", message, param)
    today = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    if (year, month) < (today.year, today.month) or year > today.year + 50:
        message = "Your card's expiration year is invalid."
        raise _card_error("invalid_expiry_year", message, param)
    return month, year


def _is_cvc(cvc, brand):
    return cvc.isdigit() and (len(cvc) == 3 or (brand == "amex" and len(cvc) == 4))


def _card_error(code, message, param):
    field = {
        "incorrect_number": "number",
        "invalid_cvc": "cvc",
        "invalid_expiry_month": "exp_month",
        "invalid_expiry_year": "exp_year",
    }[code]
    return ApiError(
        message, status=402, kind="card_error", code=code, param=f"{param}[{field}]"
    )


def _details(side, card, month, year, *, has_cvc):
    """Return the `card` hash of a payment method.

    `_card` is the test card's name, the only trace of which number it was.
    """
    failed = card.behaviour.failed_checks
    checks = {
        "address_line1_check": "fail" if "address_line1" in failed else None,
        "address_postal_code_check": "fail" if "postal_code" in failed else None,
        "cvc_check": ("fail" if "cvc" in failed else "pass") if has_cvc else None,
    }
    return {
        "_card": card.name,
        "brand": card.brand,
        "checks": checks,
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": ids.fingerprint(side.salt, card.number),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }

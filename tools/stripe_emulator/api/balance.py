"""Balance transactions: what every charge, refund and dispute does to the balance."""

from ..protocol import ids
from ..protocol.pagination import matching, page
from ..protocol.routing import Route
from .currencies import ZERO_DECIMAL

DAY = 24 * 3600
PENDING_FOR = 2 * DAY
# https://stripe.com/pricing: 2.9 % + 30 cents for cards, 0.8 % capped at 5.00 for ACH.
CARD_PERCENT, CARD_FIXED = 0.029, 30
ACH_PERCENT, ACH_CAP = 0.008, 500
SEPA_FIXED = 35
PRESENT_PERCENT, PRESENT_FIXED = 0.027, 5
# https://support.stripe.com/questions/dispute-fees: 15.00, not given back.
DISPUTE_FEE = 1500


def charge_fee(amount, currency, method_type):
    """Return Stripe's fee for a charge in minor units.

    The emulated account settles in the currency of the charge; the fixed part is the
    one for US dollars, and none in currencies without decimals.
    """
    if method_type == "us_bank_account":
        return min(round(amount * ACH_PERCENT), ACH_CAP)
    if method_type == "sepa_debit":
        return SEPA_FIXED
    if method_type == "card_present":
        return round(amount * PRESENT_PERCENT) + PRESENT_FIXED
    fixed = 0 if currency in ZERO_DECIMAL else CARD_FIXED
    return round(amount * CARD_PERCENT) + fixed


def dispute_fee(currency):
    """Return the fee for a lost or open dispute in minor units."""
    return DISPUTE_FEE // 100 if currency in ZERO_DECIMAL else DISPUTE_FEE


def record(context, kind, source, amount, *, fee=0, available_now=False, category=None):
    """Store a balance transaction of `amount` minor units (negative: money out)."""
    now = context.now
    fees = []
    if fee:
        fees.append(
            {
                "amount": fee,
                "application": None,
                "currency": source["currency"],
                "description": _FEE_TEXTS.get(category, "Stripe processing fees"),
                "type": "stripe_fee",
            }
        )
    return context.side.add(
        {
            "id": ids.new_id("balance_transaction"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": now if available_now else now + PENDING_FOR,
            "balance_type": "payments",
            "created": now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees,
            "net": amount - fee,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "available" if available_now else "pending",
            "type": kind,
        }
    )


_FEE_TEXTS = {"dispute": "Dispute fee"}


def _refresh(call, transaction):
    """Let money become available when its time has come."""
    if transaction["available_on"] <= call.now:
        transaction["status"] = "available"
    return transaction


def _retrieve(call):
    found = call.get("balance_transaction", call.ids["transaction"])
    return _refresh(call, found)


def _list(call):
    found = matching(call, _KIND, "currency", "source", "type")
    return page(call, [_refresh(call, each) for each in found])


_KIND = "balance_transaction"
ROUTES = (
    Route(
        "GET",
        "/v1/balance_transactions",
        _list,
        "BalanceTransactionListParams",
        _KIND,
    ),
    Route(
        "GET",
        "/v1/balance_transactions/{transaction}",
        _retrieve,
        "BalanceTransactionRetrieveParams",
        _KIND,
    ),
)

"""Charges: the attempts of a PaymentIntent to move money."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import invalid
from ..protocol.fields import change, merged_metadata, shipping, unset_empty
from ..protocol.pagination import matching, page
from ..protocol.rendering import visible
from ..protocol.routing import Route
from ..protocol.search import search
from ..protocol.versions import NO_RELEASE_REFUND
from ..scheduler import task
from . import balance
from .behaviours import DECLINES
from .confirmation import DEBITS
from .currencies import check_step
from .payment_methods import behaviour

# With capture_method automatic_async the balance transaction follows later (seconds).
ASYNC_CAPTURE_DELAY = 0.5


# Fields that belong to Connect, Radar's reviews and other things that are not modelled.
_NEVER_SET = dict.fromkeys(
    (
        "application",
        "application_fee",
        "application_fee_amount",
        "failure_balance_transaction",
        "on_behalf_of",
        "receipt_number",
        "review",
        "source",
        "source_transfer",
        "transfer_data",
        "transfer_group",
    )
)
# What a charge takes over from its intent.
_FROM_INTENT = (
    "amount",
    "currency",
    "customer",
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
)


def new(context, intent, method, *, status, captured, reason=None):
    """Store and return a charge; `reason` is the decline of a failed one."""
    decline = DECLINES[reason] if reason else None
    captured = captured and decline is None
    charge_id = ids.new_id("charge")
    if method["type"] in DEBITS:
        charge_id = charge_id.replace("ch_", "py_")
    charge = {
        "id": charge_id,
        "object": "charge",
        **{name: intent[name] for name in _FROM_INTENT},
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "EMULATED PRACTICE",
        "captured": captured,
        "created": context.now,
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": context.side.livemode,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(decline, behaviour(method).risk_level),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(intent, method),
        "radar_options": {},
        "receipt_url": f"{context.world.base_url}/receipts/{charge_id}",
        "refunded": False,
        "status": status,
        **_NEVER_SET,
        "_dispute": None,
        "_released": 0,
    }
    intent["_charges"].append(charge_id)
    intent["latest_charge"] = charge_id
    return context.side.add(charge)


def _outcome(decline, risk_level):
    """Return the `outcome` hash: what the network and Radar said."""
    blocked = decline and decline.decline_code == "fraudulent"
    network = "approved_by_network"
    if decline:
        network = "not_sent_to_network" if blocked else "declined_by_network"
    kind = "authorized"
    if decline:
        kind = "blocked" if blocked else "issuer_declined"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": decline.decline_code if decline else None,
        "risk_level": risk_level,
        "risk_score": {"normal": 20, "elevated": 70, "highest": 95}[risk_level],
        "seller_message": "The bank did not return any further details."
        if decline
        else "Payment complete.",
        "type": kind,
    }


# What a payment method says of itself and its charge does not repeat.
_NOT_REPEATED = {
    "display_brand",
    "financial_connections_account",
    "generated_from",
    "networks",
    "status_details",
    "three_d_secure_usage",
}


def _details(intent, method):
    """Return `payment_method_details`: the method as it was at that moment."""
    kind = method["type"]
    details = {
        name: value
        for name, value in method[kind].items()
        if not name.startswith("_") and name not in _NOT_REPEATED
    }
    if kind == "card":
        details |= {
            "amount_authorized": intent["amount"],
            "installments": None,
            "network": details["brand"],
            "network_token": {"used": False},
            "three_d_secure": intent["_three_d_secure"],
        }
    if kind != "card_present":
        details["mandate"] = intent["_mandate"]
    return {kind: details, "type": kind}


def settle(context, charge, *, hidden=False):
    """Book the captured amount and Stripe's fee.

    `hidden` shows the balance transaction on the charge only a little later, as
    asynchronous capture does.
    """
    method = context.get("payment_method", charge["payment_method"])
    amount = charge["amount_captured"]
    transaction = balance.record(
        context,
        "payment" if method["type"] in DEBITS else "charge",
        charge,
        amount,
        fee=balance.charge_fee(amount, charge["currency"], method["type"]),
        available_now=behaviour(method).available_now,
        category="charge",
    )
    if hidden:
        charge["_balance_transaction"] = transaction["id"]
        due = context.world.clock.now() + ASYNC_CAPTURE_DELAY
        context.side.later(due, "charge.show_balance", charge["id"])
    else:
        charge["balance_transaction"] = transaction["id"]


@task("charge.show_balance")
def _show_balance(context, charge_id):
    """Attach the balance transaction of an asynchronous capture."""
    charge = context.get("charge", charge_id)
    previous = change(charge, balance_transaction=charge.pop("_balance_transaction"))
    emit(context, "charge.updated", charge, previous=previous)


def check_capture(charge, amount):
    """Refuse to capture more than was authorised, or nothing."""
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param="amount_to_capture",
            code="parameter_invalid_integer",
        )
    if amount > charge["amount"]:
        raise invalid(
            f"The provided `amount_to_capture` {amount} is greater than the amount "
            f"that can be captured for this charge, {charge['amount']}.",
            param="amount_to_capture",
            code="amount_too_large",
        )
    check_step(amount, charge["currency"], "amount_to_capture")


def capture(context, charge, amount):
    """Capture an authorised charge; what is left of it is released.

    Until 2025-03-31 the released rest was a refund:
    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    """
    charge.update(captured=True, amount_captured=amount, paid=True)
    settle(context, charge)
    rest = charge["amount"] - amount
    if rest:
        release(context, charge, rest)
    emit(context, "charge.captured", charge, previous={"captured": False})
    if rest:
        emit(context, "charge.refunded", charge, before=NO_RELEASE_REFUND)


def release(context, charge, amount):
    """Give back an authorised amount; older versions see that as a refund."""
    charge["_released"] += amount
    context.side.add(
        {
            "id": ids.new_id("refund"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": context.now,
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
            "_release": True,
        }
    )


def refundable(charge):
    """Return how much of a charge can still be refunded, in minor units."""
    return charge["amount_captured"] - charge["amount_refunded"]


def _retrieve(call):
    return call.get("charge", call.ids["charge"])


def _list(call):
    return page(
        call, matching(call, "charge", "customer", "payment_intent", "transfer_group")
    )


def _update(call):
    charge = call.get("charge", call.ids["charge"])
    params = call.params
    texts = ("description", "receipt_email")
    changes = {name: params[name] for name in texts if name in params}
    if "customer" in params:
        call.get("customer", params["customer"], param="customer")
        changes["customer"] = params["customer"]
    if "shipping" in params:
        changes["shipping"] = shipping(params["shipping"])
    if "metadata" in params:
        changes["metadata"] = merged_metadata(charge["metadata"], params["metadata"])
    if unset_empty(params.get("fraud_details")):
        changes["fraud_details"] = params["fraud_details"]
    previous = change(charge, **changes)
    if previous:
        emit(call, "charge.updated", charge, previous=previous)
    return charge


def _list_refunds(call):
    charge = call.get("charge", call.ids["charge"])
    refunds = [
        refund
        for refund in call.side.all("refund")
        if refund["charge"] == charge["id"] and visible(refund, call.version)
    ]
    return page(call, refunds)


def _search(call):
    return search(call, "charge")


_ONE = "/v1/charges/{charge}"
ROUTES = (
    Route("GET", "/v1/charges", _list, "ChargeListParams", "charge"),
    Route("GET", "/v1/charges/search", _search, "ChargeSearchParams", "charge"),
    Route("GET", _ONE, _retrieve, "ChargeRetrieveParams", "charge"),
    Route("POST", _ONE, _update, "ChargeUpdateParams", "charge"),
    Route("GET", f"{_ONE}/refunds", _list_refunds, "ChargeListRefundsParams", "refund"),
)

"""The books of the emulated Stripe, in a form to compare with other books."""


def ledger(side):
    """Return what moved on one side, per payment and in total.

    All amounts are in minor units. `net` of a payment is what the merchant is left
    with: captured - refunded - disputed - fees. Failed refunds count as not refunded,
    released authorisations as never captured.
    """
    payments = [_payment(side, intent) for intent in side.all("payment_intent")]
    return {
        "account": side.account.id,
        "livemode": side.livemode,
        "payments": payments,
        "totals": _totals(payments),
        "balance_transactions": [
            {key: value for key, value in each.items() if not key.startswith("_")}
            for each in side.all("balance_transaction")
        ],
    }


def _payment(side, intent):
    """Return one payment with everything that was done to it."""
    charges = [side.find("charge", each) for each in intent["_charges"]]
    ids = {charge["id"] for charge in charges}
    refunds = [
        refund
        for refund in side.all("refund")
        if refund["charge"] in ids and not refund.get("_release")
    ]
    disputes = [each for each in side.all("dispute") if each["charge"] in ids]
    sources = ids | {each["id"] for each in (*refunds, *disputes)}
    booked = [
        each for each in side.all("balance_transaction") if each["source"] in sources
    ]
    entry = {
        "payment_intent": intent["id"],
        "status": intent["status"],
        "currency": intent["currency"],
        "amount": intent["amount"],
        "description": intent["description"],
        "metadata": dict(intent["metadata"]),
        "customer": intent["customer"],
        "authorised": intent["amount_capturable"],
        "captured": _sum(charges, "amount_captured", status="succeeded"),
        "processing": _sum(charges, "amount", status="pending"),
        "refunded": _sum(charges, "amount_refunded"),
        "disputed": _withdrawn(booked, disputes),
        "fees": sum(each["fee"] for each in booked),
        "charges": [_brief(each, "amount_captured") for each in charges],
        "refunds": [_brief(each) for each in refunds],
        "disputes": [_brief(each) for each in disputes],
    }
    entry["gross"] = entry["captured"] - entry["refunded"] - entry["disputed"]
    entry["net"] = entry["gross"] - entry["fees"]
    return entry


def _sum(objects, name, **wanted):
    return sum(
        each[name]
        for each in objects
        if all(each[key] == value for key, value in wanted.items())
    )


def _withdrawn(booked, disputes):
    """Return what disputes hold back at this moment, without their fees."""
    ids = {dispute["id"] for dispute in disputes}
    return -sum(each["amount"] for each in booked if each["source"] in ids)


def _brief(obj, *extra):
    names = ("id", "amount", "status", "created", *extra)
    return {name: obj[name] for name in names}


def _totals(payments):
    """Return the sums per currency."""
    totals = {}
    names = ("captured", "refunded", "disputed", "fees", "gross", "net")
    for payment in payments:
        sums = totals.setdefault(payment["currency"], dict.fromkeys(names, 0))
        for name in names:
            sums[name] += payment[name]
    return totals

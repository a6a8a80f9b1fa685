"""Turning stored objects into answers: version shapes, `expand[]`, browsers' part.

Stored objects have the current version's shape. Each older shape is one small function
below, tied to the date of the change that it undoes, as Stripe's own versions are.
"""

from . import versions
from .errors import refused_parameter

MAX_DEPTH = 4
INLINE_LIMIT = 10

# Kind → field → kind of the object behind the id, for `expand[]`. None: any kind.
EXPANDABLE = {
    "balance_transaction": {"source": None},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "dispute": "dispute",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "customer": {"default_source": None, "sources": None, "tax_ids": None},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "radar.early_fraud_warning": {
        "charge": "charge",
        "payment_intent": "payment_intent",
    },
    "invoice_settings": {"default_payment_method": "payment_method"},
    "mandate": {"payment_method": "payment_method"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "setup_intent": {
        "customer": "customer",
        "mandate": "mandate",
        "payment_method": "payment_method",
    },
}

# Kind → hash or list inside it → the kind of what that holds.
INLINE = {
    "charge": {"refunds": "refunds"},
    "charges": {"data": "charge"},
    "customer": {"invoice_settings": "invoice_settings"},
    "dispute": {"balance_transactions": "balance_transaction"},
    "payment_intent": {"charges": "charges"},
    "refunds": {"data": "refund"},
}


def render(side, obj, version, expand=()):
    """Return the public form of `obj` in `version`, with fields expanded."""
    public = _public(obj)
    reshape = _RESHAPE.get(obj.get("object"))
    if reshape:
        reshape(side, obj, public, version)
    for path in expand:
        _expand(side, public, path.split("."), version)
    return public


def render_list(side, objects, version, *, url, has_more=False, expand=()):
    """Return a `list` object with rendered members."""
    rendered = {
        "object": "list",
        "data": [render(side, obj, version) for obj in objects],
        "has_more": has_more,
        "url": url,
    }
    for path in expand:
        _expand(side, rendered, path.split("."), version)
    return rendered


def visible(obj, version):
    """Tell whether an object exists at all for readers of `version`."""
    return not obj.get("_release") or version.before(versions.NO_RELEASE_REFUND)


def _public(value):
    """Copy without the emulator's own keys; the names in metadata are the user's."""
    if isinstance(value, dict):
        return {
            key: dict(item)
            if key == "metadata" and isinstance(item, dict)
            else _public(item)
            for key, item in value.items()
            if not key.startswith("_")
        }
    if isinstance(value, list):
        return [_public(item) for item in value]
    return value


def _reshape_charge(side, obj, public, version):
    """Add what a charge shows of its refunds, and of a released authorisation."""
    released = obj.get("_released", 0)
    if released and version.before(versions.NO_RELEASE_REFUND):
        public["amount_refunded"] += released
        public["refunded"] = public["amount_refunded"] == public["amount"]
    if version.before(versions.LATEST_CHARGE):
        public["refunds"] = inline_refunds(side, obj, version)
    if version.before(versions.LISTS_NOT_INLINE):
        public["dispute"] = obj["_dispute"]


def inline_refunds(side, charge, version):
    """Return the list of a charge's refunds, newest first."""
    refunds = [
        refund
        for refund in reversed(side.all("refund"))
        if refund["charge"] == charge["id"] and visible(refund, version)
    ]
    return render_list(
        side,
        refunds[:INLINE_LIMIT],
        version,
        url=f"/v1/charges/{charge['id']}/refunds",
        has_more=len(refunds) > INLINE_LIMIT,
    ) | {"total_count": len(refunds)}


def _reshape_payment_intent(side, obj, public, version):
    """Add the list of charges that intents had inline, and an older reason."""
    if version.before(versions.NO_RELEASE_REFUND):
        # The same change gave expired authorisations a reason of their own.
        reason = public["cancellation_reason"]
        public["cancellation_reason"] = "automatic" if reason == "expired" else reason
    if version.before(versions.LATEST_CHARGE):
        public["charges"] = _inline_charges(side, obj, version)


def _inline_charges(side, obj, version):
    """Return the list of an intent's charges, newest first."""
    charges = [
        charge
        for charge_id in reversed(obj["_charges"])
        if (charge := side.find("charge", charge_id))
    ]
    return render_list(
        side,
        charges[:INLINE_LIMIT],
        version,
        url=f"/v1/charges?payment_intent={obj['id']}",
        has_more=len(charges) > INLINE_LIMIT,
    ) | {"total_count": len(charges)}


def _reshape_customer(side, obj, public, version):
    """Add the lists that customers had inline."""
    if obj.get("deleted") or not version.before(versions.LISTS_NOT_INLINE):
        return
    for name in ("sources", "subscriptions", "tax_ids"):
        url = f"/v1/customers/{obj['id']}/{name}"
        empty = render_list(side, [], version, url=url)
        public[name] = empty | {"total_count": 0}


def _reshape_dispute(side, obj, public, version):
    """Put the balance transactions into the dispute, as every version does."""
    public["balance_transactions"] = [
        render(side, side.find("balance_transaction", each), version)
        for each in obj["_balance_transactions"]
    ]


_RESHAPE = {
    "charge": _reshape_charge,
    "customer": _reshape_customer,
    "dispute": _reshape_dispute,
    "payment_intent": _reshape_payment_intent,
}


def check_expand(route, paths):
    """Refuse an `expand[]` path that no answer of this operation has."""
    for path in paths:
        segments = path.split(".")
        if len(segments) > MAX_DEPTH:
            raise refused_parameter(
                f"You cannot expand more than {MAX_DEPTH} levels of a property "
                f"({path}).",
                param="expand",
            )
        is_list = route.method == "GET" and not route.path.endswith("}")
        if is_list and segments[0] == "data":
            segments = segments[1:]
        elif is_list and route.kind in EXPANDABLE:
            raise _unexpandable(path, f" You may want to expand 'data.{path}' instead.")
        _check_segments(route.kind, segments, path)


def _check_segments(kind, segments, path):
    """Follow a path through the kinds of objects that it leads to."""
    for name in segments:
        targets = {**EXPANDABLE.get(kind, {}), **INLINE.get(kind, {})}
        if name not in targets:
            raise _unexpandable(path)
        kind = targets[name]
        if kind is None:
            return


def _unexpandable(path, hint=""):
    message = f"This property cannot be expanded ({path}).{hint}"
    return refused_parameter(message, param="expand")


def _expand(side, node, path, version):
    """Replace ids by objects along one checked `expand[]` path."""
    if isinstance(node, list):
        for item in node:
            _expand(side, item, path, version)
        return
    if not isinstance(node, dict):
        return
    name, *rest = path
    if node.get("object") == "charge" and name == "refunds" and "refunds" not in node:
        stored = side.find("charge", node["id"])
        node["refunds"] = inline_refunds(side, stored, version)
    if isinstance(node.get(name), str):
        node[name] = render(side, _target(side, node[name]), version)
    if rest:
        _expand(side, node.get(name), rest, version)


def _target(side, object_id):
    """Return the object of that id, whatever its kind."""
    for known in side.objects.values():
        if object_id in known:
            return known[object_id]
    raise KeyError(object_id)


_IN_BROWSERS = {
    "id",
    "object",
    "automatic_payment_methods",
    "cancellation_reason",
    "client_secret",
    "created",
    "description",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "status",
}
_BROWSER_SUBSETS = {
    "payment_intent": _IN_BROWSERS
    | {
        "amount",
        "amount_details",
        "canceled_at",
        "capture_method",
        "confirmation_method",
        "currency",
        "last_payment_error",
        "processing",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "source",
    },
    "setup_intent": _IN_BROWSERS | {"last_setup_error", "usage"},
}


def browser_view(public):
    """Return the part of a rendered object that a publishable key may read.

    https://docs.stripe.com/api/payment_intents/retrieve: with such a key only a subset
    of an intent's properties is returned.
    """
    subset = _BROWSER_SUBSETS.get(public.get("object"))
    if subset is None:
        return public
    return {name: value for name, value in public.items() if name in subset}

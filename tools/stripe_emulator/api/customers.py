"""Customers."""

from ..delivery.events import emit
from ..protocol import ids
from ..protocol.errors import resource_missing
from ..protocol.fields import address, change, merged_metadata, shipping, unset_empty
from ..protocol.pagination import page
from ..protocol.routing import Route
from . import payment_methods

_TEXTS = ("description", "email", "name", "phone")


def customer_in_use(context, customer_id, param="customer"):
    """Return a customer named in a parameter; a deleted one does not exist."""
    customer = context.get("customer", customer_id, param=param)
    if customer.get("deleted"):
        raise resource_missing("customer", customer_id, param=param, status=400)
    return customer


def _create(call):
    params = call.params
    customer = {
        "id": ids.new_id("customer"),
        "object": "customer",
        "address": address(unset_empty(params.get("address"))),
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        **{name: params.get(name) for name in _TEXTS},
        "discount": None,
        "invoice_prefix": ids.random_text(8).upper(),
        "invoice_settings": _invoice_settings({}),
        "livemode": call.side.livemode,
        "metadata": merged_metadata({}, params.get("metadata")),
        "next_invoice_sequence": 1,
        "preferred_locales": params.get("preferred_locales") or [],
        "shipping": shipping(unset_empty(params.get("shipping"))),
        "tax_exempt": params.get("tax_exempt") or "none",
        "test_clock": None,
    }
    method = None
    if params.get("payment_method"):
        method = payment_methods.resolve(call, params["payment_method"])
        payment_methods.check_attachable(method)
    call.side.add(customer)
    emit(call, "customer.created", customer)
    if method is not None:
        payment_methods.attach(call, method, customer["id"])
    if "invoice_settings" in params:
        _set_invoice_settings(call, customer)
    return customer


def _invoice_settings(given):
    return {
        "custom_fields": None,
        "default_payment_method": given.get("default_payment_method"),
        "footer": given.get("footer"),
        "rendering_options": None,
    }


def _set_invoice_settings(call, customer):
    """Set the default payment method, which must be one of the customer's own."""
    given = call.params["invoice_settings"]
    settings = {**customer["invoice_settings"], **given}
    method_id = settings.get("default_payment_method")
    if method_id:
        param = "invoice_settings[default_payment_method]"
        payment_methods.of_customer(call, method_id, customer["id"], param)
    customer["invoice_settings"] = _invoice_settings(settings)


def _retrieve(call):
    return call.get("customer", call.ids["customer"])


def _update(call):
    customer = customer_in_use(call, call.ids["customer"], param="id")
    params = call.params
    changes = {name: params[name] for name in _TEXTS if name in params}
    if "address" in params:
        changes["address"] = address(unset_empty(params["address"]))
    if "shipping" in params:
        changes["shipping"] = shipping(unset_empty(params["shipping"]))
    if "metadata" in params:
        metadata = merged_metadata(customer["metadata"], params["metadata"])
        changes["metadata"] = metadata
    if "preferred_locales" in params:
        changes["preferred_locales"] = params["preferred_locales"]
    if "tax_exempt" in params:
        changes["tax_exempt"] = params["tax_exempt"] or "none"
    before = dict(customer["invoice_settings"])
    if "invoice_settings" in params:
        _set_invoice_settings(call, customer)
    previous = change(customer, **changes)
    if before != customer["invoice_settings"]:
        previous["invoice_settings"] = before
    if previous:
        emit(call, "customer.updated", customer, previous=previous)
    return customer


def _delete(call):
    """Delete a customer; its cards are detached and its id stays known as deleted."""
    customer = customer_in_use(call, call.ids["customer"], param="id")
    for method in payment_methods.attached_to(call.side, customer["id"]):
        payment_methods.detach(call, method)
    emit(call, "customer.deleted", customer)
    return call.side.add({"id": customer["id"], "object": "customer", "deleted": True})


def _list(call):
    email = call.params.get("email")
    return page(
        call,
        [
            customer
            for customer in call.side.all("customer")
            if not customer.get("deleted") and email in (None, customer["email"])
        ],
    )


def _list_payment_methods(call):
    customer = customer_in_use(call, call.ids["customer"], param="id")
    methods = payment_methods.attached_to(call.side, customer["id"])
    return page(call, payment_methods.of_type(methods, call.params.get("type")))


def _retrieve_payment_method(call):
    customer = customer_in_use(call, call.ids["customer"], param="id")
    method_id = call.ids["payment_method"]
    return payment_methods.of_customer(call, method_id, customer["id"])


_ONE = "/v1/customers/{customer}"
ROUTES = (
    Route("POST", "/v1/customers", _create, "CustomerCreateParams", "customer"),
    Route("GET", "/v1/customers", _list, "CustomerListParams", "customer"),
    Route("GET", _ONE, _retrieve, "CustomerRetrieveParams", "customer"),
    Route("POST", _ONE, _update, "CustomerUpdateParams", "customer"),
    Route("DELETE", _ONE, _delete, "CustomerDeleteParams", "customer"),
    Route(
        "GET",
        f"{_ONE}/payment_methods",
        _list_payment_methods,
        "CustomerListPaymentMethodsParams",
        "payment_method",
    ),
    Route(
        "GET",
        f"{_ONE}/payment_methods/{{payment_method}}",
        _retrieve_payment_method,
        "CustomerRetrievePaymentMethodParams",
        "payment_method",
    ),
)

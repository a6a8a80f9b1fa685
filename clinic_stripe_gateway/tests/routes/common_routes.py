"""Every route of both addons, and what strangers put into it."""

import inspect
import re
from dataclasses import dataclass
from urllib.parse import quote

MISSING = 2**31 - 1
STAFF = "/clinic/desk/"
# As a browser sends them; the last is no text in any encoding.
TEXTS = (
    "",
    "nan",
    "1e308",
    f"{MISSING},{MISSING}",
    str(2**63),
    "a\0b",
    "' OR 1=1 --",
    "x" * 20_000,
    "\udcff\ud800",
)
# As a program sends them: Python's JSON knows NaN, and numbers of any size.
VALUES = (
    None,
    -1,
    float("nan"),
    1e308,
    10**400,
    2**63,
    "80",
    "a\0b\ud800",
    "x" * 100_000,
    [MISSING],
    {"id": 1},
)
# What Odoo's payment form sends besides the amount, and what it does not let through.
PAYMENT = {
    "amount",
    "currency_id",
    "custom_create_values",
    "due",
    "flow",
    "invoice_ids",
    "invoices",
    "is_validation",
    "landing_route",
    "partner_id",
    "payer",
    "payment_method_id",
    "provider_id",
    "reference_prefix",
    "token_id",
    "tokenization_requested",
}
# What is answered on purpose; anything else is a program that has stumbled.
REFUSALS = ("odoo.exceptions.", "odoo.http.SessionExpired", "werkzeug.exceptions.")
# What looking at a bill or trying to pay it writes, and what says nothing.
UNWATCHED = (
    "access_token",
    "clinic_payment_attempts",
    "clinic_stripe_account_ref",
    "opened_on",
    "write_date",
    "write_uid",
)
WATCHED = (
    "account_move",
    "account_partial_reconcile",
    "account_payment",
    "payment_provider",
    "payment_token",
)
# They note what was sent for an attempt that was allowed, or are made for a print.
TOLD = (
    "clinic_statement",
    "clinic_statement_res_partner_rel",
    "clinic_stripe_customer",
    "clinic_stripe_disclosure",
)
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
CSRF = re.compile(r'csrf_token(=|: ?"|" value=")[0-9a-f]+o?[0-9]*')


@dataclass(frozen=True)
class Route:
    """One address that the addons answer."""

    url: str
    kind: str
    auth: str
    methods: tuple
    is_checked: bool
    arguments: frozenset
    parameters: frozenset

    def at(self, **places):
        """Return the address with these values in it, as text."""
        return ARGUMENT.sub(
            lambda found: quote(
                str(places[found[1]]), safe=",", errors="surrogatepass"
            ),
            self.url,
        )


def find_routes(env):
    """Return what the addons answer, and what they let Core answer."""
    routes = []
    modules = env.registry._init_modules
    for url, endpoint in env["ir.http"]._generate_routing_rules(modules, {}):
        methods = list(_get_methods(endpoint.func))
        if any(m.__module__.startswith("odoo.addons.clinic_") for m in methods):
            routing = endpoint.routing
            arguments = frozenset(ARGUMENT.findall(url))
            routes.append(
                Route(
                    url,
                    routing["type"],
                    routing["auth"],
                    tuple(routing["methods"] or ("GET", "POST")),
                    routing.get("csrf", True),
                    arguments,
                    frozenset(_get_parameters(methods, routing["type"]) - arguments),
                )
            )
    return sorted(routes, key=lambda route: route.url + str(route.methods))


def _get_methods(bound):
    for cls in type(bound.__self__).mro():
        if bound.__name__ in cls.__dict__:
            yield inspect.unwrap(cls.__dict__[bound.__name__])


def _get_parameters(methods, kind):
    """Return what the methods name, and what the payment form adds to it."""
    parameters = [p for m in methods for p in inspect.signature(m).parameters.values()]
    names = {
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self"
    }
    takes_more = any(p.kind == p.VAR_KEYWORD for p in parameters)
    return names | PAYMENT if kind == "jsonrpc" and takes_more else names

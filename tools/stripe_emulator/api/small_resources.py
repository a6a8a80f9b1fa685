"""Resources with few operations: mandates, tokens, domains, terminal, balance."""

from ..protocol import ids
from ..protocol.errors import missing_parameter
from ..protocol.pagination import page
from ..protocol.routing import Route
from . import payment_methods


def _retrieve_mandate(call):
    return call.get("mandate", call.ids["mandate"])


def _create_token(call):
    """Turn a typed card into a token that can be used once."""
    if "card" not in call.params:
        raise missing_parameter("card")
    method = payment_methods.from_data(
        call,
        {"type": "card", "card": call.params["card"]},
        publishable=call.publishable,
    )
    del call.side.objects["payment_method"][method["id"]]
    details = method["card"]
    names = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding")
    return call.side.add(
        {
            "id": ids.new_id("token"),
            "object": "token",
            "card": {
                "id": f"card_{ids.random_text(24)}",
                "object": "card",
                **{name: details[name] for name in (*names, "last4")},
            },
            "client_ip": "127.0.0.1",
            "created": call.now,
            "livemode": call.side.livemode,
            "type": "card",
            "used": False,
            "_details": details,
        }
    )


def _retrieve_token(call):
    return call.get("token", call.ids["token"])


def _create_apple_pay_domain(call):
    return call.side.add(
        {
            "id": ids.new_id("apple_pay_domain"),
            "object": "apple_pay_domain",
            "created": call.now,
            "domain_name": call.params["domain_name"],
            "livemode": call.side.livemode,
        }
    )


def _list_apple_pay_domains(call):
    return page(call, call.side.all("apple_pay_domain"))


def _create_domain(call):
    """Register a domain for wallets, which the emulator never offers."""
    status = {"status": "inactive"}
    wallets = ("amazon_pay", "apple_pay", "google_pay", "link", "paypal")
    return call.side.add(
        {
            "id": ids.new_id("payment_method_domain"),
            "object": "payment_method_domain",
            **{name: dict(status) for name in wallets},
            "created": call.now,
            "domain_name": call.params["domain_name"],
            "enabled": call.params.get("enabled", True),
            "livemode": call.side.livemode,
        }
    )


def _retrieve_domain(call):
    return call.get("payment_method_domain", call.ids["domain"])


def _update_domain(call):
    domain = _retrieve_domain(call)
    domain["enabled"] = call.params.get("enabled", domain["enabled"])
    return domain


def _list_domains(call):
    name = call.params.get("domain_name")
    domains = call.side.all("payment_method_domain")
    return page(call, [each for each in domains if name in (None, each["domain_name"])])


def _connection_token(call):
    """Return the secret with which a card reader's software connects."""
    return {
        "object": "terminal.connection_token",
        "secret": f"pst_{'live' if call.side.livemode else 'test'}_"
        + ids.random_text(48),
    }


def _create_location(call):
    return call.side.add(
        {
            "id": ids.new_id("terminal.location"),
            "object": "terminal.location",
            "address": call.params.get("address"),
            "created": call.now,
            "display_name": call.params.get("display_name"),
            "livemode": call.side.livemode,
            "metadata": call.params.get("metadata") or {},
        }
    )


def _list_locations(call):
    return page(call, call.side.all("terminal.location"))


def _list_readers(call):
    return page(call, call.side.all("terminal.reader"))


def _balance(call):
    """Return what is available and what is pending, per currency."""
    totals = {}
    for transaction in call.side.all("balance_transaction"):
        state = "available" if transaction["available_on"] <= call.now else "pending"
        amounts = totals.setdefault(state, {})
        currency = transaction["currency"]
        amounts[currency] = amounts.get(currency, 0) + transaction["net"]
    return {
        "object": "balance",
        "livemode": call.side.livemode,
        **{
            state: [
                {
                    "amount": amount,
                    "currency": currency,
                    "source_types": {"card": amount},
                }
                for currency, amount in totals.get(state, {}).items()
            ]
            for state in ("available", "pending")
        },
    }


_DOMAINS = "/v1/payment_method_domains"
_DOMAIN = f"{_DOMAINS}/{{domain}}"
_DOMAIN_KIND = "payment_method_domain"
ROUTES = (
    Route("GET", "/v1/balance", _balance, "BalanceRetrieveParams"),
    Route(
        "GET",
        "/v1/mandates/{mandate}",
        _retrieve_mandate,
        "MandateRetrieveParams",
        "mandate",
    ),
    Route("POST", "/v1/tokens", _create_token, "TokenCreateParams", publishable=True),
    Route("GET", "/v1/tokens/{token}", _retrieve_token, "TokenRetrieveParams"),
    Route(
        "POST",
        "/v1/apple_pay/domains",
        _create_apple_pay_domain,
        "ApplePayDomainCreateParams",
    ),
    Route(
        "GET",
        "/v1/apple_pay/domains",
        _list_apple_pay_domains,
        "ApplePayDomainListParams",
    ),
    Route(
        "POST",
        _DOMAINS,
        _create_domain,
        "PaymentMethodDomainCreateParams",
        _DOMAIN_KIND,
    ),
    Route(
        "GET", _DOMAINS, _list_domains, "PaymentMethodDomainListParams", _DOMAIN_KIND
    ),
    Route(
        "GET",
        _DOMAIN,
        _retrieve_domain,
        "PaymentMethodDomainRetrieveParams",
        _DOMAIN_KIND,
    ),
    Route(
        "POST", _DOMAIN, _update_domain, "PaymentMethodDomainUpdateParams", _DOMAIN_KIND
    ),
    Route(
        "POST",
        "/v1/terminal/connection_tokens",
        _connection_token,
        "terminal.ConnectionTokenCreateParams",
    ),
    Route(
        "POST",
        "/v1/terminal/locations",
        _create_location,
        "terminal.LocationCreateParams",
    ),
    Route(
        "GET", "/v1/terminal/locations", _list_locations, "terminal.LocationListParams"
    ),
    Route("GET", "/v1/terminal/readers", _list_readers, "terminal.ReaderListParams"),
)

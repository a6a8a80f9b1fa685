"""The account itself, and connected accounts as far as onboarding needs them."""

from ..protocol import ids
from ..protocol.errors import ApiError, missing_parameter
from ..protocol.fields import merged_metadata
from ..protocol.pagination import page
from ..protocol.routing import Route

LINK_LASTS = 300


def _own(call):
    """Return the account object for the key's own account."""
    account = call.side.account
    return _account(
        account.id, account.country, account.default_currency, account.name, {}
    )


def _account(account_id, country, currency, name, given, *, ready=True):
    return {
        "id": account_id,
        "object": "account",
        "business_profile": {
            "name": (given.get("business_profile") or {}).get("name") or name,
            "support_email": None,
            "url": None,
        },
        "business_type": given.get("business_type") or "company",
        "capabilities": {"card_payments": "active", "transfers": "active"}
        if ready
        else {},
        "charges_enabled": ready,
        "country": country,
        "default_currency": currency,
        "details_submitted": ready,
        "email": given.get("email") or "office@example.com",
        "metadata": merged_metadata({}, given.get("metadata")),
        "payouts_enabled": ready,
        "settings": {
            "dashboard": {"display_name": name, "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": "EMULATED PRACTICE"},
        },
        "type": given.get("type") or "standard",
    }


def _create(call):
    """Create a connected account whose owner has not filled in anything yet."""
    params = call.params
    country = params.get("country") or call.side.account.country
    currency = params.get("default_currency") or call.side.account.default_currency
    account = _account(
        ids.new_id("account"), country, currency, "", params, ready=False
    )
    account["created"] = call.now
    return call.side.add(account)


def _retrieve(call):
    account_id = call.ids["account"]
    if account_id == call.side.account.id:
        return _own(call)
    account = call.side.find("account", account_id)
    if account is None:
        raise ApiError(
            "The provided key does not have access to account "
            f"'{account_id}' (or that account does not exist). Application access may "
            "have been revoked.",
            status=403,
            code="account_invalid",
        )
    return account


def _list(call):
    return page(call, call.side.all("account"))


def _create_link(call):
    """Return the address at which an account owner would go on with onboarding."""
    params = call.params
    account = call.get("account", params["account"], param="account")
    if params["type"] == "account_onboarding" and not params.get("return_url"):
        raise missing_parameter("return_url")
    secret = ids.random_text(12)
    account["_link"] = {
        "secret": secret,
        "expires_at": call.now + LINK_LASTS,
        "return_url": params.get("return_url"),
        "refresh_url": params.get("refresh_url"),
    }
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + LINK_LASTS,
        "url": f"{call.world.base_url}/setup/{account['id']}/{secret}",
    }


def follow_link(account, secret, now):
    """Finish the onboarding of an account; return where its owner goes next.

    A link works once and not for long, after that it leads to its `refresh_url`. None
    stands for a link that never was.
    """
    link = account.get("_link")
    if link is None or link["secret"] != secret:
        return None
    if link["expires_at"] <= now or account["details_submitted"]:
        return link["refresh_url"]
    account.update(
        details_submitted=True,
        charges_enabled=True,
        payouts_enabled=True,
        capabilities={"card_payments": "active", "transfers": "active"},
    )
    return link["return_url"]


ROUTES = (
    Route("GET", "/v1/account", _own, "AccountRetrieveCurrentParams", "account"),
    Route("GET", "/v1/accounts", _list, "AccountListParams", "account"),
    Route("POST", "/v1/accounts", _create, "AccountCreateParams", "account"),
    Route(
        "GET", "/v1/accounts/{account}", _retrieve, "AccountRetrieveParams", "account"
    ),
    Route("POST", "/v1/account_links", _create_link, "AccountLinkCreateParams"),
)

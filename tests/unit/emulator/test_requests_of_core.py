"""The requests that Core makes, as it encodes them, and what it reads.

Everything here is sent with API version 2019-05-16 through python-requests, the way
`payment_stripe` and `pos_stripe` do it: `key[]` for lists, Python's `True`, parameters
of GET requests in the body.
"""

import pytest

from .kit import CARD, Receiver, eventually

SHIPPING = {
    "shipping[address][city]": "",
    "shipping[address][country]": "BE",
    "shipping[address][line1]": "",
    "shipping[address][line2]": "",
    "shipping[address][postal_code]": "",
    "shipping[address][state]": "",
    "shipping[name]": "Norbert Buyer",
}
WEBHOOK = {
    "enabled_events[]": [
        "payment_intent.processing",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "setup_intent.succeeded",
        "charge.refunded",
        "charge.refund.updated",
    ],
    "api_version": "2019-05-16",
}


def post(http, path, data=None, **headers):
    """Send a POST that must succeed; return the answer's JSON."""
    answer = http("POST", path, data, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def create_customer(http):
    return post(
        http,
        "customers",
        {
            "address[city]": "Sin City",
            "address[country]": "BE",
            "address[line1]": None,
            "address[postal_code]": "1000",
            "address[state]": None,
            "description": "Odoo Partner: Norbert Buyer (id: 7)",
            "email": "norbert.buyer@example.com",
            "name": "Norbert Buyer",
            "phone": "0032 12 34 56 78",
        },
    )


def create_intent(http, key="sha1", **changes):
    data = {
        "amount": 111111,
        "currency": "eur",
        "description": "INV/2026/00001",
        "capture_method": "automatic",
        "payment_method_types[]": "card",
        "expand[]": "payment_method",
        **SHIPPING,
        **changes,
    }
    return post(http, "payment_intents", data, Idempotency_Key=key)


def confirm_in_browser(browser, intent, number="4242424242424242"):
    """Do what Stripe.js does with the typed card."""
    card = {
        f"card[{name}]": value for name, value in (CARD | {"number": number}).items()
    }
    method = browser("POST", "payment_methods", {"type": "card", **card}).json()
    kind = "setup_intents" if intent["id"].startswith("seti_") else "payment_intents"
    return browser(
        "POST",
        f"{kind}/{intent['id']}/confirm",
        {
            "client_secret": intent["client_secret"],
            "payment_method": method["id"],
            "use_stripe_sdk": "true",
            "return_url": "http://127.0.0.1/payment/stripe/return",
        },
    )


def test_direct_payment_is_made_and_read_back(http, browser):
    customer = create_customer(http)
    intent = create_intent(http, customer=customer["id"])
    assert intent["status"] == "requires_payment_method"
    assert intent["shipping"]["address"]["city"] is None
    confirm_in_browser(browser, intent)
    # The return route sends its parameters in the body of a GET.
    seen = http(
        "GET", f"payment_intents/{intent['id']}", {"expand[]": "payment_method"}
    ).json()
    assert seen["status"] == "succeeded"
    assert seen["description"] == "INV/2026/00001"
    assert (seen["amount"], seen["currency"]) == (111111, "eur")
    assert seen["payment_method"]["card"]["brand"] == "visa"


def test_token_is_made_from_the_inline_charge(http, browser):
    customer = create_customer(http)
    intent = create_intent(
        http, customer=customer["id"], setup_future_usage="off_session"
    )
    confirm_in_browser(browser, intent)
    seen = http(
        "GET", f"payment_intents/{intent['id']}", {"expand[]": "payment_method"}
    ).json()
    details = seen["charges"]["data"][0]["payment_method_details"]
    assert details[details["type"]].get("mandate") is None
    method = seen["payment_method"]
    assert method[method["type"]]["last4"] == "4242"
    listed = http(
        "GET",
        "payment_methods",
        {"customer": seen["customer"], "type": "card", "limit": 1},
    ).json()
    assert listed["data"][0]["id"] == method["id"]
    listed = http("GET", f"customers/{customer['id']}/payment_methods").json()
    assert [each["id"] for each in listed["data"]] == [method["id"]]


def test_token_is_charged_off_session(http, browser):
    customer = create_customer(http)
    setup = post(
        http,
        "setup_intents",
        {
            "customer": customer["id"],
            "description": "V-1",
            "payment_method_types[]": "card",
        },
    )
    done = confirm_in_browser(browser, setup).json()
    paid = create_intent(
        http,
        confirm=True,
        customer=customer["id"],
        off_session=True,
        payment_method=done["payment_method"],
        mandate=None,
    )
    assert paid["status"] == "succeeded"
    assert paid["payment_method"]["card"]["last4"] == "4242"


def test_indian_mandate_options_are_taken(http):
    prefix = "payment_method_options[card][mandate_options]"
    intent = create_intent(
        http,
        **{
            f"{prefix}[reference]": "INV/2026/00001",
            f"{prefix}[amount_type]": "maximum",
            f"{prefix}[amount]": 1500000,
            f"{prefix}[start_date]": 1795000000,
            f"{prefix}[interval]": "sporadic",
            f"{prefix}[supported_types][]": "india",
        },
    )
    options = intent["payment_method_options"]["card"]["mandate_options"]
    assert options["supported_types"] == ["india"]


def test_same_key_with_another_customer_is_refused(http):
    """What happens when Odoo re-runs a request that makes a new customer each time."""
    create_intent(http, customer=create_customer(http)["id"])
    other = create_customer(http)["id"]
    data = {"amount": 111111, "currency": "eur", "customer": other}
    answer = http("POST", "payment_intents", data, Idempotency_Key="sha1")
    assert answer.json()["error"]["type"] == "idempotency_error"


def test_refund_is_created_and_listed_page_by_page(http, browser):
    intent = create_intent(http)
    confirm_in_browser(browser, intent)
    made = [
        post(http, "refunds", {"payment_intent": intent["id"], "amount": 100})
        for _ in range(12)
    ]
    charge = http("GET", f"payment_intents/{intent['id']}").json()["charges"]["data"][0]
    inline = charge["refunds"]
    assert (len(inline["data"]), inline["has_more"]) == (10, True)
    last = inline["data"][-1]["id"]
    data = {"charge": charge["id"], "starting_after": last, "limit": 100}
    rest = http("GET", "refunds", data).json()
    ids = [each["id"] for each in (*inline["data"], *rest["data"])]
    assert ids == [each["id"] for each in reversed(made)]


def test_capture_and_void_send_no_parameters(http, browser):
    held = create_intent(http, capture_method="manual")
    confirm_in_browser(browser, held)
    assert post(http, f"payment_intents/{held['id']}/capture")["status"] == "succeeded"
    held = create_intent(http, "key-2", capture_method="manual")
    confirm_in_browser(browser, held)
    assert post(http, f"payment_intents/{held['id']}/cancel")["status"] == "canceled"


@pytest.mark.parametrize(("path", "amount"), [("cancel", None), ("capture", 40000)])
def test_released_money_was_a_refund_until_basil(
    http, browser, client, old_client, path, amount
):
    with Receiver() as old, Receiver() as new:
        for receiver, version in ((old, "2019-05-16"), (new, "2026-10-28.endive")):
            client.v1.webhook_endpoints.create(
                {
                    "url": receiver.url,
                    "enabled_events": ["*"],
                    "api_version": version,
                }
            )
        held = create_intent(http, capture_method="manual")
        confirm_in_browser(browser, held)
        data = {"amount_to_capture": amount} if amount else None
        done = post(http, f"payment_intents/{held['id']}/{path}", data)
        charge = old.wait("charge.refunded").event["data"]["object"]
        new.wait(
            "payment_intent.canceled"
            if path == "cancel"
            else "payment_intent.succeeded"
        )
        assert "charge.refunded" not in new.types
    released = 111111 - (amount or 0)
    assert charge["captured"] is (path == "capture")
    assert charge["amount_refunded"] == released
    assert charge["refunds"]["data"][0]["amount"] == released
    inline = done["charges"]["data"][0]
    assert inline["amount_refunded"] == released
    wanted = {"payment_intent": held["id"]}
    assert [each.amount for each in old_client.v1.refunds.list(wanted).data] == [
        released
    ]
    assert client.v1.refunds.list(wanted).data == []
    now = client.v1.charges.retrieve(inline["id"])
    assert (now.amount_refunded, now.refunded) == (0, False)
    assert now.amount_captured == (amount or 0)


def test_webhook_is_created_and_reads_as_core_reads_it(http, browser):
    with Receiver() as receiver:
        made = post(http, "webhook_endpoints", {"url": receiver.url, **WEBHOOK})
        assert made["secret"].startswith("whsec_")
        intent = create_intent(http)
        confirm_in_browser(browser, intent)
        event = receiver.wait("payment_intent.succeeded").event
        assert event["data"]["object"]["description"] == "INV/2026/00001"
        assert event["data"]["object"]["charges"]["data"]
        post(http, "refunds", {"payment_intent": intent["id"], "amount": 11})
        charge = receiver.wait("charge.refunded").event["data"]["object"]
        assert charge["description"] == "INV/2026/00001"
        assert [each["amount"] for each in charge["refunds"]["data"]] == [11]
        assert receiver.types == ["payment_intent.succeeded", "charge.refunded"]


def test_failed_refund_is_told_as_core_expects_it(http, browser, control):
    with Receiver() as receiver:
        post(http, "webhook_endpoints", {"url": receiver.url, **WEBHOOK})
        intent = create_intent(http)
        confirm_in_browser(browser, intent)
        refund = post(http, "refunds", {"payment_intent": intent["id"]})
        control.fail_refund(refund["id"])
        seen = receiver.wait("charge.refund.updated").event["data"]["object"]
    assert (seen["id"], seen["status"]) == (refund["id"], "failed")


def test_apple_pay_domain_tells_the_mode(http):
    domain = post(http, "apple_pay/domains", {"domain_name": "practice.example"})
    assert domain["livemode"] is False


def test_error_text_is_where_core_reads_it(http):
    answer = http("POST", "payment_intents", {"amount": 10, "currency": "usd"})
    assert answer.json()["error"]["message"] == "Amount must be at least $0.50 usd"


def test_point_of_sale_pays_with_a_reader(http, control):
    token = post(http, "terminal/connection_tokens")
    assert token["secret"].startswith("pst_test_")
    data = [
        ("currency", "CAD"),
        ("amount", 1250),
        ("payment_method_types[]", "card_present"),
        ("capture_method", "manual"),
        ("payment_method_types[]", "interac_present"),
    ]
    intent = post(http, "payment_intents", data)
    assert intent["payment_method_types"] == ["card_present", "interac_present"]
    assert control.present_card(intent["id"])["status"] == "requires_capture"
    path = f"payment_intents/{intent['id']}/capture"
    done = post(http, path, {"amount_to_capture": 1250})
    assert done["status"] == "succeeded"
    details = done["charges"]["data"][0]["payment_method_details"]
    assert details["type"] == "card_present"


def test_point_of_sale_in_australia_overrides_the_capture_method(http):
    data = [
        ("currency", "AUD"),
        ("amount", 1250),
        ("payment_method_types[]", "card_present"),
        ("capture_method", "manual"),
        ("payment_method_options[card_present][capture_method]", "manual_preferred"),
    ]
    options = post(http, "payment_intents", data)["payment_method_options"]
    assert options["card_present"]["capture_method"] == "manual_preferred"


def test_onboarding_finds_its_account_and_link(http):
    account = post(
        http,
        "accounts",
        {
            "type": "standard",
            "country": "BE",
            "email": "office@example.com",
            "business_type": "company",
            "company[address][city]": "Ghent",
            "company[name]": "Practice",
            "business_profile[name]": "Practice",
        },
    )
    assert account["charges_enabled"] is False
    link = post(
        http,
        "account_links",
        {
            "account": account["id"],
            "return_url": "http://127.0.0.1/return",
            "refresh_url": "http://127.0.0.1/refresh",
            "type": "account_onboarding",
        },
    )
    follow = http.session.get
    first = follow(link["url"], allow_redirects=False, timeout=5)
    again = follow(link["url"], allow_redirects=False, timeout=5)
    assert first.headers["Location"] == "http://127.0.0.1/return"
    assert again.headers["Location"] == "http://127.0.0.1/refresh"
    seen = http("GET", f"accounts/{account['id']}").json()
    assert (seen["country"], seen["charges_enabled"]) == ("BE", True)
    assert http("GET", "accounts/acct_none").status_code == 403


def test_customer_had_lists_inline(http, client):
    customer = create_customer(http)
    assert customer["sources"]["data"] == []
    assert "sources" not in client.v1.customers.retrieve(customer["id"]).to_dict()


def test_late_success_of_a_slow_method_is_told(http, browser, control):
    with Receiver() as receiver:
        post(http, "webhook_endpoints", {"url": receiver.url, **WEBHOOK})
        intent = create_intent(http, **{"payment_method_types[]": "sepa_debit"})
        method = browser(
            "POST",
            "payment_methods",
            {"type": "sepa_debit", "sepa_debit[iban]": "AT611904300234573201"},
        ).json()
        confirmed = browser(
            "POST",
            f"payment_intents/{intent['id']}/confirm",
            {
                "client_secret": intent["client_secret"],
                "payment_method": method["id"],
                "mandate_data[customer_acceptance][type]": "online",
                "mandate_data[customer_acceptance][online][ip_address]": "127.0.0.1",
                "mandate_data[customer_acceptance][online][user_agent]": "test",
            },
        ).json()
        assert confirmed["status"] == "processing"
        receiver.wait("payment_intent.processing")
        control.advance(6 * 24 * 3600)
        seen = receiver.wait("payment_intent.succeeded").event["data"]["object"]
    details = seen["charges"]["data"][0]["payment_method_details"]["sepa_debit"]
    assert details["mandate"].startswith("mandate_")
    eventually(lambda: control.payment(intent["id"])["captured"] == 111111)

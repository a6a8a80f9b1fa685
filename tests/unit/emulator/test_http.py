"""Authentication, errors, isolation, versions and the transport itself."""

import base64
import concurrent.futures
import http.client as http_client
import re
import socket
import time

import pytest
import requests
import stripe

from .kit import CARD, RETURN_URL, SECRET_KEY, BrowserApi, make_client, pay

AUTHORIZATION = {"Authorization": f"Bearer {SECRET_KEY}"}


def error_of(answer):
    """Return the `error` hash of an answer."""
    return answer.json()["error"]


def test_bearer_and_basic_authentication_open_the_same_account(url):
    basic = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()
    for header in (f"Bearer {SECRET_KEY}", f"Basic {basic}", f"bearer {SECRET_KEY}"):
        answer = requests.get(
            f"{url}/v1/account", headers={"Authorization": header}, timeout=5
        )
        assert answer.json()["id"] == "acct_emulatordefault"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "You did not provide an API key"),
        ("Bearer ", "You did not provide an API key"),
        ("Basic %%%", "You did not provide an API key"),
        ("Bearer sk_test_wrong_key_1234", r"Invalid API Key provided: sk_test_\*+1234"),
    ],
)
def test_unknown_key_is_401(url, header, message):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{url}/v1/account", headers=headers, timeout=5)
    assert answer.status_code == 401
    assert re.search(message, error_of(answer)["message"])
    assert error_of(answer)["type"] == "invalid_request_error"


def test_sdk_maps_a_wrong_key_to_its_own_exception(url):
    with pytest.raises(stripe.AuthenticationError):
        make_client(url, key="sk_test_nobody_1234567").v1.customers.list()


def test_error_has_all_that_stripe_sends(http):
    answer = http("POST", "refunds", {"charge": "ch_none"})
    assert answer.status_code == 400
    assert error_of(answer) == {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such charge: 'ch_none'",
        "param": "charge",
        "type": "invalid_request_error",
    }
    assert re.fullmatch(r"req_\w{14}", answer.headers["Request-Id"])
    answer = http("GET", "payment_intents/pi_none")
    assert (answer.status_code, error_of(answer)["param"]) == (404, "intent")


def test_declined_card_is_a_402_with_the_intent_inside(client):
    with pytest.raises(stripe.CardError) as caught:
        pay(client, card="pm_card_visa_chargeDeclinedInsufficientFunds")
    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error.decline_code == "insufficient_funds"
    assert error.user_message == "Your card has insufficient funds."
    assert error.error.payment_intent.status == "requires_payment_method"
    assert error.error.payment_method.card.last4 == "9995"
    assert error.error.charge == error.error.payment_intent.latest_charge


def test_unknown_url_is_404(http):
    answer = http("GET", "invoices")
    assert answer.status_code == 404
    assert "Unrecognized request URL (GET: /v1/invoices)" in error_of(answer)["message"]
    assert http("DELETE", "payment_intents/pi_1").status_code == 404


def test_json_body_is_refused(http):
    answer = http("POST", "customers", "{}", Content_Type="application/json")
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in error_of(answer)["message"]


def test_get_parameters_are_taken_from_the_body_too(http, client):
    ids = [client.v1.customers.create({}).id for _ in range(3)]
    answer = http("GET", "customers", {"limit": 1, "starting_after": ids[2]})
    assert [each["id"] for each in answer.json()["data"]] == [ids[1]]
    answer = http("GET", "customers", {"limit": 1}, {"starting_after": ids[1]})
    assert [each["id"] for each in answer.json()["data"]] == [ids[0]]


def test_accounts_and_modes_do_not_see_each_other(client, control, url):
    control.add_account("other", country="GB", default_currency="gbp")
    paid = pay(client)
    for key in ("sk_test_emulator_other", "sk_live_emulator_other"):
        other = make_client(url, key=key)
        assert other.v1.payment_intents.list().data == []
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            other.v1.payment_intents.retrieve(paid.id)
    live = make_client(url, key="sk_live_emulator_default")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        live.v1.payment_intents.retrieve(paid.id)
    assert "exists in test mode, but a live mode key was used" in str(caught.value)
    assert live.v1.customers.create({}).livemode is True
    account = make_client(url, key="sk_test_emulator_other").v1.accounts
    assert account.retrieve_current().country == "GB"


def test_other_account_cannot_be_named_in_a_header(http):
    answer = http("GET", "customers", Stripe_Account="acct_other")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "account_invalid")


def test_publishable_key_opens_what_a_browser_needs_and_nothing_else(
    browser, client, http
):
    made = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    for method, path in (
        ("GET", "customers"),
        ("POST", "refunds"),
        ("POST", f"payment_intents/{made.id}/capture"),
        ("GET", "events"),
    ):
        answer = browser(method, path)
        assert answer.status_code == 403
        assert error_of(answer)["code"] == "secret_key_required"
    assert error_of(browser("GET", f"payment_intents/{made.id}"))["code"] == (
        "parameter_missing"
    )
    wrong = {"client_secret": f"{made.id}_secret_wrong"}
    answer = browser("GET", f"payment_intents/{made.id}", params=wrong)
    assert answer.status_code == 400
    assert "does not match" in error_of(answer)["message"]


def test_browser_pays_with_a_card_number_and_sees_a_part_of_the_intent(
    browser, old_client
):
    made = old_client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "metadata": {"internal": "1"}}
    )
    card = {f"card[{name}]": value for name, value in CARD.items()}
    method = browser("POST", "payment_methods", {"type": "card", **card}).json()
    secret = {"client_secret": made.client_secret, "payment_method": method["id"]}
    seen = browser("POST", f"payment_intents/{made.id}/confirm", secret).json()
    assert seen["status"] == "succeeded"
    assert not {"metadata", "charges", "latest_charge", "customer"} & set(seen)
    assert old_client.v1.payment_intents.retrieve(made.id).metadata["internal"] == "1"


def test_browser_sees_a_decline_with_its_part_of_the_intent(browser, old_client):
    made = old_client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    given = {
        "client_secret": made.client_secret,
        "payment_method": "pm_card_visa_chargeDeclined",
    }
    answer = browser("POST", f"payment_intents/{made.id}/confirm", given)
    assert answer.status_code == 402
    assert "metadata" not in error_of(answer)["payment_intent"]


def test_secret_key_may_not_send_card_numbers_unless_the_account_allows(http, control):
    card = {"type": "card", **{f"card[{name}]": each for name, each in CARD.items()}}
    answer = http("POST", "payment_methods", card)
    assert answer.status_code == 402
    assert "generally unsafe" in error_of(answer)["message"]
    control.change_account("acct_emulatordefault", raw_card_data=True)
    assert http("POST", "payment_methods", card).status_code == 200


@pytest.mark.parametrize(
    "name", ["2019-13-99", "2027-01-01.fable", "latest", "2025-03-31"]
)
def test_unknown_version_is_refused(http, name):
    answer = http("GET", "account", Stripe_Version=name)
    assert answer.status_code == 400
    assert error_of(answer)["message"] == f"Invalid Stripe API version: {name}"


def test_request_without_a_version_uses_the_accounts_own(url, control, client):
    pay(client)
    address = f"{url}/v1/payment_intents"
    seen = requests.get(address, headers=AUTHORIZATION, timeout=5).json()["data"][0]
    assert "charges" not in seen
    control.change_account("acct_emulatordefault", default_api_version="2019-05-16")
    seen = requests.get(address, headers=AUTHORIZATION, timeout=5).json()["data"][0]
    assert seen["charges"]["data"][0]["paid"] is True


def test_browsers_of_other_origins_may_ask(url):
    answer = requests.options(
        f"{url}/v1/payment_methods",
        headers={
            "Origin": "https://practice.example",
            "Access-Control-Request-Headers": "authorization,stripe-version",
        },
        timeout=5,
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "stripe-version" in allowed


def test_browsers_may_not_steer_the_emulator(url):
    answer = requests.options(f"{url}/_emulator/reset", timeout=5)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_connection_is_kept_alive(server, url):
    connection = http_client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v1/account", headers=AUTHORIZATION)
        answer = connection.getresponse()
        answer.read()
        sockets.add(connection.sock)
        assert answer.will_close is False
    assert len(sockets) == 1
    connection.close()


def test_body_that_nobody_reads_does_not_disturb_the_next_request(server, url):
    connection = http_client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    for method, path, body, status in (
        ("POST", "/v3/nothing", "a=1" * 1000, 404),
        ("DELETE", "/_emulator/nothing", "a=1" * 1000, 404),
        ("GET", "/v1/account", None, 200),
    ):
        connection.request(method, path, body, AUTHORIZATION)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_too_large_body_is_refused_unread(http, control):
    answer = http("POST", "customers", {"name": "x" * 2**20})
    assert (answer.status_code, answer.headers["Connection"]) == (413, "close")
    assert control.requests() == []


def test_client_that_goes_away_amid_its_body_has_nothing_executed(server, control):
    with socket.create_connection(("127.0.0.1", server.server_port), 5) as client:
        head = f"POST /v1/customers HTTP/1.1\r\nAuthorization: Bearer {SECRET_KEY}\r\n"
        client.sendall(f"{head}Content-Length: 1000\r\n\r\nname=a".encode())
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert control.objects("customer") == []


def test_defect_of_the_emulator_is_an_error_and_no_silence(http, monkeypatch):
    monkeypatch.setattr("stripe_emulator.api.service.validate", lambda *_: 1 / 0)
    answer = http("GET", "customers")
    assert answer.status_code == 500
    assert "The emulator itself failed" in error_of(answer)["message"]


def test_two_hundred_requests_a_second(url):
    """Eight clients at once, in one of three rounds: other work may go on beside."""

    def work(_):
        api = BrowserApi(url, SECRET_KEY)
        given = {"amount": 500, "currency": "usd"}
        return [api("POST", "payment_intents", given).status_code for _ in range(50)]

    rates = []
    while len(rates) < 3 and max(rates, default=0) <= 200:
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = [status for part in pool.map(work, range(8)) for status in part]
        rates.append(len(statuses) / (time.monotonic() - started))
        assert set(statuses) == {200}
    assert max(rates) > 200


def test_return_url_is_kept_in_the_redirect(client):
    made = pay(client, card="pm_card_threeDSecure2Required")
    assert made.next_action.redirect_to_url.return_url == RETURN_URL

"""The control API: accounts, clock, recorded requests, books."""

import time

import pytest
import requests

from .kit import SECRET_KEY, BrowserApi, authorise, make_client, pay


def test_reset_forgets_everything(client, control, url):
    control.add_account("other")
    control.fault("rate_limit", path="/v1/nothing")
    control.delivery_rule("drop")
    control.advance(1000)
    pay(client)
    control.reset()
    assert [each["id"] for each in control.accounts()] == ["acct_emulatordefault"]
    assert control.faults() == control.delivery_rules() == control.requests() == []
    assert control.events() == control.deliveries() == []
    assert control.clock()["offset"] == 0
    assert make_client(url).v1.payment_intents.list().data == []


def test_health_names_the_version(control, url):
    health = control.health()
    assert (health["status"], health["url"]) == ("ok", url)
    assert health["api_version"].startswith("2026-10-28")


def test_accounts_have_keys_of_both_modes(control):
    added = control.add_account("clinic", raw_card_data=True)
    assert sorted(added["keys"]) == [
        "pk_live_emulator_clinic",
        "pk_test_emulator_clinic",
        "sk_live_emulator_clinic",
        "sk_test_emulator_clinic",
    ]
    with pytest.raises(Exception, match="already"):
        control.add_account("clinic")
    with pytest.raises(Exception, match="no setting"):
        control.change_account(added["id"], colour="red")


def test_clock_advances_freezes_and_runs_again(client, control):
    control.freeze(2_000_000_000)
    assert client.v1.customers.create({}).created == 2_000_000_000
    control.advance(60)
    assert client.v1.customers.create({}).created == 2_000_000_060
    control.unfreeze()
    assert 2_000_000_060 <= control.clock()["now"] < 2_000_000_070
    with pytest.raises(Exception, match="cannot go back"):
        control.advance(-1)


def test_thousands_of_late_tasks_run_in_one_step(client, control, server):
    """A clock that moves over many settlements must not take minutes."""
    world = server.emulator.world
    side = world.side()
    paid = pay(client, card="pm_card_pendingRefund")
    first = client.v1.refunds.create({"payment_intent": paid.id, "amount": 1})
    with world.lock:
        stored = side.find("refund", first.id)
        for number in range(5000):
            side.add({**stored, "id": f"re_{number}"})
            side.later(world.clock.now() + 5, "refund.succeed", f"re_{number}")
    started = time.monotonic()
    control.advance(10)
    assert time.monotonic() - started < 5
    assert side.find("refund", "re_4999")["status"] == "succeeded"


def test_requests_are_recorded_without_their_key(client, control, http):
    pay(client, metadata={"note": "Café"})
    http("POST", "customers", {"address[city]": "Ghent"}, Idempotency_Key="k-1")
    http("GET", "refunds/re_none")
    first, second, third = control.requests()
    assert (first["method"], first["path"]) == ("POST", "/v1/payment_intents")
    assert first["params"]["metadata"] == {"note": "Café"}
    assert first["raw"].encode("latin-1").startswith(b"amount=5000")
    assert "Café" in first["text"]
    assert (first["version"], first["status"]) == ("2026-10-28.endive", 200)
    assert second["idempotency_key"] == "k-1"
    assert second["params"] == {"address": {"city": "Ghent"}}
    assert second["version"] == "2019-05-16"
    assert (third["status"], third["error_code"]) == (404, "resource_missing")
    assert first["key_prefix"] == "sk_test_"
    assert SECRET_KEY not in str(control.requests())
    assert "authorization" not in first["headers"]
    assert first["duration"] > 0


def test_requests_are_filtered_and_cleared(client, control, http):
    pay(client)
    http("GET", "refunds/re_none")
    assert len(control.requests(method="POST")) == 1
    assert len(control.requests(path="/v1/refunds*")) == 1
    assert len(control.requests(status=404)) == 1
    assert len(control.requests(limit=1)) == 1
    since = control.requests()[1]["at"]
    assert len(control.requests(since=since)) == 1
    control.clear_requests()
    assert control.requests() == []


def test_card_data_is_masked_in_the_record_and_in_the_state(browser, control, server):
    number = "4000002760003184"
    given = {
        "type": "card",
        "card[number]": number,
        "card[exp_month]": "12",
        "card[exp_year]": "40",
        "card[cvc]": "987",
    }
    browser("POST", "payment_methods", given)
    browser("POST", "payment_methods?card%5Bnumber%5D=" + number, {"type": "card"})
    browser("POST", "tokens", {"card[number]": number, "description": number})
    bank = {
        "type": "us_bank_account",
        "us_bank_account[account_number]": "000123456789",
    }
    browser("POST", "payment_methods", bank)
    recorded = str(control.requests()) + str(server.emulator.world.snapshot())
    for secret in (number, "=987", "'987'", "000123456789"):
        assert secret not in recorded
    assert control.requests()[0]["params"]["card"]["number"] == "masked"


def test_ledger_tells_net_per_payment(client, control):
    paid = pay(client, 10000, description="INV/1", metadata={"tx": "1"})
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 4000})
    held = authorise(client, 2000)
    payment = control.payment(paid.id)
    assert payment["description"] == "INV/1"
    assert payment["metadata"] == {"tx": "1"}
    assert {
        name: payment[name]
        for name in ("captured", "refunded", "disputed", "fees", "gross", "net")
    } == {
        "captured": 10000,
        "refunded": 4000,
        "disputed": 0,
        "fees": 320,
        "gross": 6000,
        "net": 5680,
    }
    assert control.payment(held.id)["authorised"] == 2000
    assert control.ledger()["totals"]["usd"]["gross"] == 6000
    assert len(control.ledgers()) == 2
    with pytest.raises(LookupError):
        control.payment("pi_none")


def test_ledger_is_kept_per_account_and_mode(client, control, url):
    account = control.add_account("other")
    other = make_client(url, key="sk_live_emulator_other")
    pay(client, 1000)
    pay(other, 2000)
    assert control.ledger()["totals"]["usd"]["captured"] == 1000
    books = control.ledger(account=account["id"], livemode=True)
    assert books["totals"]["usd"]["captured"] == 2000
    assert control.ledger(account=account["id"])["payments"] == []


def test_objects_are_shown_in_any_version(client, control):
    pay(client)
    (new,) = control.objects("payment_intent")
    (old,) = control.objects("payment_intent", version="2019-05-16")
    assert "charges" not in new
    assert old["charges"]["data"]


def test_wrong_input_is_400_and_unknown_id_404(url):
    post = requests.post
    assert post(f"{url}/_emulator/reset", "{", timeout=5).status_code == 400
    answer = post(f"{url}/_emulator/clock/advance", json={"hours": 1}, timeout=5)
    assert answer.status_code == 400
    answer = post(f"{url}/_emulator/refunds/re_none/fail", json={}, timeout=5)
    assert answer.status_code == 404


def test_control_needs_no_key_and_api_key_opens_no_control(url):
    control = BrowserApi(url, SECRET_KEY)
    assert control("GET", "../_emulator/health").status_code == 200
    assert control("GET", "_emulator/health").status_code == 404


def test_domains_are_registered(client):
    made = client.v1.payment_method_domains.create({"domain_name": "practice.example"})
    client.v1.payment_method_domains.update(made.id, {"enabled": False})
    wanted = {"domain_name": "practice.example"}
    listed = client.v1.payment_method_domains.list(wanted).data
    assert [(each.id, each.enabled) for each in listed] == [(made.id, False)]


def test_terminal_locations_are_kept(client):
    made = client.v1.terminal.locations.create(
        {
            "display_name": "Desk",
            "address": {"line1": "1 Road", "city": "Ghent", "country": "BE"},
        }
    )
    assert [each.id for each in client.v1.terminal.locations.list().data] == [made.id]
    assert client.v1.terminal.readers.list().data == []

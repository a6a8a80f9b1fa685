"""A server that may hold fewer connections to PostgreSQL than its payments need.

Each payment holds one, and needs another for a moment: what is sent to Stripe is
written down by itself, before it is sent.
"""

import re
from concurrent.futures import ThreadPoolExecutor

import database_state
import pytest
import requests
from odoo_runs import run_step

from stripe_emulator.control import Control
from workbench import databases, postgres
from workbench.emulator import running_emulator
from workbench.server import running_odoo

AT_ONCE = 4
AMOUNT = 120.0
BUSY = "too busy"
# The seal of what the page shows, which comes back with the start.
SHOWN = re.compile('data-shown="([^"]+)"')


@pytest.fixture(scope="module")
def practice():
    with (
        postgres.running(),
        databases.cloned("full") as database,
        running_emulator() as emulator,
    ):
        facts = run_step(
            database,
            "served.set_up",
            emulator=emulator.url,
            name="Zoe Example",
            email="zoe@practice.example",
            invoices=AT_ONCE,
        )
        control = Control(emulator.url)
        yield {"database": database, "stripe": control, **facts}


def start_to_pay(odoo, practice, token):
    """Press *Pay* on the page of a link; return Odoo's answer."""
    page = requests.get(f"{odoo.url}/clinic/pay/{token}", timeout=60).text
    params = {
        "shown": SHOWN.search(page)[1],
        "amount": AMOUNT,
        "provider_id": practice["provider"],
        "payment_method_id": practice["method"],
        "token_id": None,
        "flow": "direct",
        "tokenization_requested": False,
        "landing_route": f"/clinic/pay/{token}",
    }
    answer = requests.post(
        f"{odoo.url}/clinic/pay/{token}/transaction",
        json={"jsonrpc": "2.0", "params": params},
        timeout=60,
    )
    assert answer.status_code == 200
    return answer.json()


def all_start(odoo, practice):
    with ThreadPoolExecutor(AT_ONCE) as people:
        return list(
            people.map(
                lambda token: start_to_pay(odoo, practice, token), practice["tokens"]
            )
        )


def count_transactions(practice):
    wanted = {"payment_transaction": ["id"]}
    return len(database_state.rows(practice["database"], wanted)["payment_transaction"])


def intents(practice):
    return [
        request
        for request in practice["stripe"].requests()
        if request["method"] == "POST" and request["path"] == "/v1/payment_intents"
    ]


def test_without_a_second_connection_nothing_is_begun_and_people_may_try_again(
    practice,
):
    with running_odoo(practice["database"], db_maxconn=1, max_cron_threads=0) as odoo:
        answer = start_to_pay(odoo, practice, practice["tokens"][0])
    error = answer["error"]["data"]
    assert error["name"] == "odoo.exceptions.UserError"
    assert BUSY in error["message"]
    assert not intents(practice)
    assert not count_transactions(practice)


def test_who_gives_up_lets_the_others_go_on(practice):
    options = {"db_maxconn": AT_ONCE, "max_cron_threads": 0}
    with running_odoo(practice["database"], **options) as odoo:
        answers = all_start(odoo, practice)
        begun = [answer for answer in answers if "result" in answer]
        refused = [answer["error"]["data"] for answer in answers if "error" in answer]
        assert begun, refused
        for error in refused:
            assert error["name"] == "odoo.exceptions.UserError", error
            assert BUSY in error["message"]
        # Who tries again when it is quiet succeeds.
        for token in practice["tokens"]:
            assert "result" in start_to_pay(odoo, practice, token)
    # Nobody has typed a card: nothing was charged, and nothing else was begun.
    assert practice["stripe"].ledger()["totals"].get("usd", {}).get("captured", 0) == 0

"""Odoo's point of sale goes on taking cards through the gateway."""

import pytest
from odoo_runs import run_step

from workbench import databases, odoo_command, postgres
from workbench.emulator import running_emulator

INTENT = {
    "currency": "USD",
    "amount": "1234",
    "payment_method_types": ["card_present"],
    "capture_method": "manual",
}


@pytest.fixture(scope="module")
def shop():
    """A practice that also sells over the counter, and its Stripe."""
    with (
        postgres.running(),
        databases.cloned("full") as database,
        running_emulator() as emulator,
    ):
        odoo_command.install(database, ["pos_stripe"])
        told = run_step(database, "point_of_sale.sell", emulator=emulator.url)
        yield database, emulator.url, told


@pytest.mark.parametrize("transport", ["sdk", "core"])
def test_a_card_is_taken_at_the_till(shop, transport):
    _database, _emulator, told = shop
    sale = told[transport]
    assert sale["has_token"]
    assert sale["statuses"] == [
        "requires_payment_method",
        "requires_capture",
        "succeeded",
        "succeeded",
    ]
    assert sale["received"] == [1234, 1000]
    assert sale["charges"] == 1, "the answer is in the version that the till reads"


@pytest.mark.parametrize("transport", ["sdk", "core"])
def test_everything_that_the_till_says_arrives(shop, transport):
    _database, _emulator, told = shop
    capture = "/v1/payment_intents/*/capture"
    assert told[transport]["paths"] == [
        "/v1/terminal/connection_tokens",
        "/v1/payment_intents",
        capture,
        "/v1/payment_intents",
        capture,
    ]
    part = {"amount_to_capture": "1000"}
    assert told[transport]["params"] == [{}, INTENT, {}, INTENT, part]
    assert told[transport]["is_core_version"]


def test_a_sale_at_the_till_is_not_taken_for_a_payment_of_an_invoice(shop):
    database, emulator, _told = shop
    told = run_step(database, "point_of_sale.overhear", emulator=emulator)
    assert told == {"status": 200, "state": "ignored", "transactions": 0}

"""Lists, searches and expansion."""

import pytest
import stripe

from .kit import pay, save_card


def test_lists_page_in_both_directions(client):
    made = [pay(client).id for _ in range(5)]
    newest = made[::-1]
    first = client.v1.payment_intents.list({"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (newest[:2], True)
    after = {"limit": 2, "starting_after": newest[1]}
    second = client.v1.payment_intents.list(after)
    assert [each.id for each in second.data] == newest[2:4]
    before = {"limit": 2, "ending_before": newest[4]}
    back = client.v1.payment_intents.list(before)
    assert ([each.id for each in back.data], back.has_more) == (newest[2:4], True)
    everything = [each.id for each in first.auto_paging_iter()]
    assert everything == newest
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list({"limit": 101})


def test_lists_filter_by_time_and_by_relation(client, control):
    control.freeze(1_800_000_000)
    old = pay(client)
    control.advance(100)
    customer, method = save_card(client)
    new = pay(client, customer=customer.id, card=method.id)
    since = {"created": {"gte": 1_800_000_050}}
    assert [each.id for each in client.v1.payment_intents.list(since).data] == [new.id]
    until = {"created": {"lt": 1_800_000_050}}
    assert [each.id for each in client.v1.charges.list(until).data] == [
        old.latest_charge
    ]
    mine = client.v1.payment_intents.list({"customer": customer.id}).data
    assert [each.id for each in mine] == [new.id]
    charges = client.v1.charges.list({"payment_intent": new.id}).data
    assert [each.id for each in charges] == [new.latest_charge]


def test_search_finds_by_metadata_and_status(client):
    wanted = pay(client, metadata={"odoo_tx": "INV/1"})
    pay(client, metadata={"odoo_tx": "INV/2"})
    found = client.v1.payment_intents.search(
        {"query": 'metadata["odoo_tx"]:"INV/1" AND status:"succeeded"'}
    )
    assert [each.id for each in found.data] == [wanted.id]
    charges = client.v1.charges.search({"query": "amount>4999", "limit": 1})
    assert (len(charges.data), charges.has_more) == (1, True)
    assert charges.next_page


def test_expansion_reaches_four_levels_and_refuses_what_does_not_exist(client):
    customer, method = save_card(client)
    made = pay(
        client,
        customer=customer.id,
        card=method.id,
        expand=["latest_charge.balance_transaction", "customer", "payment_method"],
        capture_method="automatic",
    )
    assert made.latest_charge.balance_transaction.fee == 175
    assert made.customer.name == "Payer"
    listed = client.v1.payment_intents.list({"expand": ["data.latest_charge.refunds"]})
    assert listed.data[0].latest_charge.refunds.data == []
    for wrong in (["nothing"], ["latest_charge.nothing"]):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            pay(client, expand=wrong)
    assert len(client.v1.payment_intents.list().data) == 1

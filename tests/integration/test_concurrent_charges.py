"""Several workers charge saved cards at once: real transactions, real commits."""

import time
from collections import Counter
from functools import partial

import pytest
from practices import PRICE, at_once, create_provider

from odoo import SUPERUSER_ID, fields
from odoo.fields import Command

CHARGES = 4


@pytest.fixture
def due(practice, monkeypatch):
    """Return the ids of charges that are due, and a count of what is sent for them."""
    sent = Counter()

    def send(tx):
        sent[tx.clinic_charge_id.id] += 1
        # The other workers come by meanwhile.
        time.sleep(0.2)

    transactions = practice.registry["payment.transaction"]
    monkeypatch.setattr(transactions, "_send_payment_request", send)
    bills = [practice.create_bill() for _number in range(CHARGES)]
    return practice.run("manager", partial(create_charges, bills)), sent


def save_card(partner):
    provider = create_provider(partner.env)
    return partner.env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids.id,
            "partner_id": partner.id,
            "provider_ref": "card",
        }
    )


def agree(partner, company):
    """Return an agreement that a card of the client may be charged."""
    return partner.env["clinic.autopay"].create(
        {
            "partner_id": partner.id,
            "company_id": company.id,
            "token_id": save_card(partner).id,
            "cap": CHARGES * PRICE,
            "agreed_on": fields.Datetime.now(),
            "agreed_by_id": partner.env.uid,
            "wording_version": "test",
            "wording": "I agree.",
        }
    )


def create_charges(bills, env):
    # sudo: nobody plans charges by hand.
    env = env(user=SUPERUSER_ID)
    env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", True)
    moves = env["account.move"].browse(bills)
    moves.partner_id.email = "client@example.com"
    agreement = agree(moves.partner_id, moves.company_id)
    today = agreement.company_id._clinic_get_day()
    charges = env["clinic.scheduled.charge"].create(
        [
            {
                "partner_id": move.partner_id.id,
                "company_id": move.company_id.id,
                "currency_id": move.currency_id.id,
                "origin": "autopay",
                "autopay_id": agreement.id,
                "token_id": agreement.token_id.id,
                "invoice_ids": [Command.set(move.ids)],
                "amount": PRICE,
                "date": today,
                "next_date": today,
                "state": "noticed",
            }
            for move in moves
        ]
    )
    return charges.ids


def work(env):
    env(user=SUPERUSER_ID)["clinic.scheduled.charge"]._cron_work()


def test_workers_that_come_at_once_charge_each_card_once(practice, due):
    charge_ids, sent = due
    outcomes = at_once(practice, *[("manager", work)] * 3)
    assert outcomes == [None] * 3
    practice.run("manager", work)
    assert sent == dict.fromkeys(charge_ids, 1)

    def read(env):
        charges = env["clinic.scheduled.charge"].browse(charge_ids)
        attempts = charges.sudo().transaction_ids  # sudo: billers do not read all.
        return (
            set(charges.mapped("state")),
            len(attempts),
            sum(attempts.mapped("amount")),
        )

    outcome = practice.run("manager", read)
    assert outcome == ({"charging"}, CHARGES, CHARGES * PRICE)

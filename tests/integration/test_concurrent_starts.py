"""A program that starts payments from everywhere at once."""

from dataclasses import replace
from functools import partial

import pytest
from practices import at_once

from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.clinic_invoicing.models.paying.payment_transaction_pace import (
    STARTS_PER_MINUTE,
)

AT_ONCE = 25
ROUNDS = 3


def start(invoice_id, name, env):
    """Start a payment as the routes do."""
    env = env(user=SUPERUSER_ID)
    invoice = env["account.move"].browse(invoice_id)
    invoice._clinic_lock_for_payment()
    env["payment.transaction"]._clinic_check_pace(invoice.partner_id, invoice)
    invoice._clinic_start_online_payment(10, invoice.currency_id)
    provider = env["payment.provider"].search([("is_published", "=", True)], limit=1)
    return (
        env["payment.transaction"]
        .create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "operation": "online_direct",
                "reference": name,
                "amount": 10,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        .id
    )


def test_many_starts_at_once_are_no_more_than_a_minute_allows(practice):
    bill = practice.create_bill()
    outcomes = []
    for number in range(ROUNDS):
        outcomes += at_once(
            practice,
            *(
                ("manager", partial(start, bill, f"start {number} {one}"))
                for one in range(AT_ONCE)
            ),
        )
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert all(isinstance(each, UserError) for each in refused), refused
    started = [each for each in outcomes if not isinstance(each, Exception)]
    assert 0 < len(started) <= STARTS_PER_MINUTE


def create_client(env):
    return env["res.partner"].create({"name": "Lou", "clinic_is_patient": True}).id


def test_who_has_begun_before_others_have_started_counts_them(practice):
    payer = replace(practice, client=practice.run("manager", create_client))
    # None has an invoice of another one: it is their payer who has started so many.
    own, *others = [payer.create_bill() for _number in range(STARTS_PER_MINUTE + 1)]

    def start_late(env):
        # From its first query on a transaction sees the database as it is now.
        env["account.move"].browse(own).read(["state"])
        for number, bill in enumerate(others):
            payer.run("manager", partial(start, bill, f"earlier {number}"))
        return start(own, "late", env)

    with pytest.raises(UserError, match="Too many payments"):
        payer.run("manager", start_late)

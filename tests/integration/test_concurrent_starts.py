"""A program that starts the same payment from everywhere at once."""

from functools import partial

from practices import at_once

from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.clinic_invoicing.models.payment_transaction_pace import (
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

from odoo import SUPERUSER_ID, api
from odoo.fields import Domain


def migrate(cr, _version):
    """Say of money that went back earlier how much of which invoice it was.

    Only the invoices were remembered. Money goes back from what is due last first, and
    so it is handed out here.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    formers = env["clinic.former.allocation"]
    known = formers.search([]).outbound_id
    outbounds = env["account.payment"].search(
        Domain("clinic_reopened_invoice_ids", "!=", False)
        & Domain("clinic_reversed_payment_id", "!=", False)
        & Domain("state", "in", ("in_process", "paid"))
        & Domain("id", "not in", known.ids)
    )
    formers.create(
        [
            {
                "payment_id": outbound.clinic_reversed_payment_id.id,
                "outbound_id": outbound.id,
                "invoice_id": invoice.id,
                "amount": part,
            }
            for outbound in outbounds
            for invoice, part in _hand_out(outbound)
        ]
    )


def _hand_out(outbound):
    """Return how much of which invoice went back with a payment."""
    parts, left = [], outbound.amount
    for invoice in outbound.clinic_reopened_invoice_ids.sorted(
        lambda move: (move.invoice_date_due, move.id), reverse=True
    ):
        part = outbound.currency_id.round(min(left, invoice.amount_total))
        if outbound.currency_id.compare_amounts(part, 0) > 0:
            parts.append((invoice, part))
            left = outbound.currency_id.round(left - part)
    return parts

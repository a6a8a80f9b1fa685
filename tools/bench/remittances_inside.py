"""What the benchmark of remittances does inside Odoo."""

import time

from odoo.fields import Command

DAY = "2026-03-31"
PRICE = 100
# Of each five lines: three are paid, one is short, one is denied.
PAID = (100, 100, 100, 60, 0)


# === A PRACTICE === #


def prepare(env, lines, rounds):
    """Let an insurer owe so many services on invoices of their own, for each round."""
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=company, install_demo=False
        )
    company.clinic_insurer_settlement = "invoice"
    insurer = env["res.partner"].create({"name": "Bench insurer", "is_company": True})
    rate = env["product.product"].create(
        {
            "name": "Bench insured",
            "type": "service",
            "list_price": PRICE,
            "taxes_id": False,
            "clinic_is_rate": True,
            "clinic_is_invoiced": False,
        }
    )
    patients = env["res.partner"].create(
        [
            {
                "name": f"Bench patient {number}",
                "clinic_is_patient": True,
                "clinic_insurer_id": insurer.id,
            }
            for number in range(lines)
        ]
    )
    for _round in range(2 * rounds):
        services = env["clinic.service"].create(
            [
                {"rate_id": rate.id, "patient_id": patient.id, "date": DAY}
                for patient in patients
            ]
        )
        services._create_invoices(DAY, "service")
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()


# === WHAT IS MEASURED === #


def measure(env, lines, rounds):
    """Post remittances and the same documents bare, in turns; the first warms up."""
    insurer = env["res.partner"].search([("name", "=", "Bench insurer")])
    invoices = env["account.move"].search(
        [("partner_id", "=", insurer.id), ("move_type", "=", "out_invoice")], order="id"
    )
    told = []
    for number in range(rounds):
        start = 2 * number * lines
        mine = invoices[start : start + lines]
        theirs = invoices[start + lines : start + 2 * lines]
        told.append(
            {"ours": _post(env, insurer, mine), "bare": _book(env, insurer, theirs)}
        )
    return told[1:]


def _clear(env):
    env.cr.commit()
    env.invalidate_all()


def _post(env, insurer, invoices):
    shares = invoices.invoice_line_ids.clinic_share_id
    remittance = env["clinic.remittance"].create(
        {
            "insurer_id": insurer.id,
            "rest": "client",
            "line_ids": [
                Command.create({"share_id": share.id, "paid": PAID[number % len(PAID)]})
                for number, share in enumerate(shares)
            ],
        }
    )
    remittance.amount = remittance.amount_lines
    _clear(env)
    start = time.perf_counter()
    remittance.action_post()
    env.cr.commit()
    seconds = time.perf_counter() - start
    assert remittance.state == "posted"
    assert sum(invoices.mapped("amount_residual")) == 0
    return seconds


def _book(env, insurer, invoices):
    """Make the credit notes, the clients' invoices and the payment by Core alone."""
    _clear(env)
    rests = [
        (invoice, PRICE - PAID[number % len(PAID)])
        for number, invoice in enumerate(invoices)
        if PAID[number % len(PAID)] < PRICE
    ]
    patients = {
        invoice: invoice.invoice_line_ids.clinic_service_id.patient_id
        for invoice, _rest in rests
    }
    product = invoices.invoice_line_ids.product_id
    total = sum(PAID[number % len(PAID)] for number in range(len(invoices)))
    start = time.perf_counter()
    credit_notes = _make(
        env, "out_refund", [(insurer, rest) for _one, rest in rests], product
    )
    _make(env, "out_invoice", [(patients[one], rest) for one, rest in rests], product)
    _reconcile_pairs(zip((one for one, _rest in rests), credit_notes, strict=True))
    payments = env["account.payment"].with_context(force_payment_move=True)
    payment = payments.create(
        {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": insurer.id,
            "amount": total,
        }
    )
    payment.action_post()
    lines = _get_receivable(invoices | payment.move_id)
    lines.filtered(lambda line: not line.reconciled).reconcile()
    env.cr.commit()
    seconds = time.perf_counter() - start
    assert sum(invoices.mapped("amount_residual")) == 0
    return seconds


def _make(env, kind, payers, product):
    moves = env["account.move"].create(
        [
            {
                "move_type": kind,
                "partner_id": payer.id,
                "invoice_date": DAY,
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": product.id, "price_unit": amount, "tax_ids": []}
                    )
                ],
            }
            for payer, amount in payers
        ]
    )
    moves.action_post()
    return moves


def _reconcile_pairs(pairs):
    plan = [_get_receivable(invoice | note) for invoice, note in pairs]
    plan[0]._reconcile_plan(plan)


def _get_receivable(moves):
    return moves.line_ids.filtered(
        lambda line: line.account_id.account_type == "asset_receivable"
    )

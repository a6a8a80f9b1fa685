"""What the benchmark of payments does inside Odoo, with our addons and without."""

from odoo.fields import Command

CLIENT = "bench_client"


def connect(env, parameters, provider):
    """Make a practice whose Stripe is the emulator, with a client who has a login."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=env.company, install_demo=False
        )
    for name, value in parameters.items():
        env["ir.config_parameter"].set_param(name, value)
    # Context: nobody is invited.
    users = env["res.users"].with_context(no_reset_password=True)
    users.create(
        {
            "name": "Bench Client",
            "login": CLIENT,
            "password": CLIENT,
            "email": "client@example.com",
            "group_ids": [Command.set(env.ref("base.group_portal").ids)],
        }
    )
    stripe = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", env.company.id)]
    )
    stripe.write(provider)
    env.cr.commit()


def bill(env, count):
    """Return ``[invoice, access token, amount]`` of so many bills of the client."""
    client = env["res.users"].search([("login", "=", CLIENT)]).partner_id
    if "clinic.service" in env:
        bills = _bill_services(env, client, count)
    else:
        bills = _bill_lines(env, client, count)
    answer = [
        [move.id, move._portal_ensure_token(), move.amount_total] for move in bills
    ]
    env.cr.commit()
    return answer


def _bill_services(env, client, count):
    rate = env["product.product"].create(
        {
            "name": "Bench rate",
            "type": "service",
            "list_price": 120,
            "taxes_id": False,
            "clinic_is_rate": True,
            "clinic_is_invoiced": True,
        }
    )
    service = {"patient_id": client.id, "rate_id": rate.id}
    run = env["clinic.billing.run"].create(
        {
            "grouping": "service",
            "service_ids": [Command.create(service) for _ in range(count)],
        }
    )
    run.action_start()
    env["clinic.billing.run"]._cron_work()
    assert len(run.invoice_ids) == count
    return run.invoice_ids


def _bill_lines(env, client, count):
    product = env["product.product"].create(
        {"name": "Bench rate", "type": "service", "list_price": 120, "taxes_id": False}
    )
    line = Command.create({"product_id": product.id})
    bills = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": client.id,
                "invoice_line_ids": [line],
            }
            for _ in range(count)
        ]
    )
    bills.action_post()
    return bills


def ways_to_pay(env):
    """Return the ids that the payment form sends, with that of the saved card."""
    stripe = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
    return {
        "provider_id": stripe.id,
        "payment_method_id": env.ref("payment.payment_method_card").id,
        # Nothing is null in JSON.
        "token_id": env["payment.token"].search([], limit=1).id or None,
    }


def check_paid(env, count):
    """Make sure that each bill is paid once, and that all is booked."""
    bills = env["account.move"].search([("move_type", "=", "out_invoice")])
    payments = env["account.payment"].search([])
    assert len(bills) == len(payments) == count, (len(bills), len(payments))
    states = set(bills.mapped("payment_state"))
    assert states <= {"paid", "in_payment"}, states
    if "clinic.stripe.event" in env:
        events = env["clinic.stripe.event"].search([])
        assert len(events) == count, len(events)
        assert set(events.mapped("state")) == {"done"}, events.mapped("reason")


def settling_job(env):
    """Return the job that settles what has been received; Core has none."""
    name = "clinic_stripe_gateway.ir_cron_process_events"
    job = env.ref(name, raise_if_not_found=False)
    return job.id if job else 0

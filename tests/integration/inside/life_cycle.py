"""A practice's life with Stripe: before the gateway, with it, and after it."""

from kit import Practice

from odoo.fields import Command

OUR_ADDONS = ("clinic_invoicing", "clinic_stripe_gateway")
SIX_DAYS = 6 * 24 * 3600


# === BEFORE === #


def use_core(env, emulator):
    """Let a practice work with Core's Stripe for a while; return what there is."""
    practice = Practice(env, emulator)
    endpoint = practice.open()
    client = practice.create_client()
    names = ("paid", "refunded", "unheard", "unfinished", "declined", "debited", "held")
    invoices = {name: practice.bill(client) for name in names}
    txs = {
        "paid": _pay_and_return(practice, invoices["paid"], tokenize=True),
        "refunded": _pay_and_return(practice, invoices["refunded"]),
        "declined": _pay_and_return(
            practice, invoices["declined"], "pm_card_visa_chargeDeclined"
        ),
    }
    practice.run_jobs()
    txs["refund"] = txs["refunded"]._refund(20)
    txs["debited"] = _debit(practice, invoices["debited"], endpoint)
    txs["held"] = _hold(practice, invoices["held"])
    # The payer has paid, but the browser never came back.
    txs["unheard"] = practice.pay(invoices["unheard"])
    txs["unfinished"], _secret = practice.start(invoices["unfinished"])
    practice.run_jobs()
    return {
        "endpoint": endpoint,
        "client": client.id,
        "token": txs["paid"].token_id.id,
        "invoices": {name: invoice.id for name, invoice in invoices.items()},
        "txs": {name: tx.id for name, tx in txs.items()},
        "states": {name: tx.state for name, tx in txs.items()},
    }


def _pay_and_return(practice, invoice, means="pm_card_visa", **values):
    tx = practice.pay(invoice, means, **values)
    practice.come_back(tx, payment_intent=practice.intent_of(tx))
    return tx


def _debit(practice, invoice, endpoint):
    """Pay by bank debit, which takes days."""
    method = practice.method("ach_direct_debit")
    method.active = True
    practice.provider.payment_method_ids = [Command.link(method.id)]
    tx = practice.pay(invoice, "pm_usBankAccount_success", method=method.code)
    practice.tell("payment_intent.processing", endpoint)
    return tx


def _hold(practice, invoice):
    """Reserve the money and do not take it yet."""
    provider = practice.provider
    at_once = provider.payment_method_ids.filtered(
        lambda method: method.support_manual_capture == "none"
    )
    provider.payment_method_ids = [Command.unlink(method.id) for method in at_once]
    provider.capture_manually = True
    tx = _pay_and_return(practice, invoice)
    provider.capture_manually = False
    provider.payment_method_ids = [Command.link(method.id) for method in at_once]
    return tx


# === WITH THE GATEWAY === #


def settle_what_was_open(env, emulator, facts):
    """Let everything that was open when the gateway came take its course."""
    practice = Practice(env, emulator)
    practice.use_gateway()
    txs = _browse(env, "payment.transaction", facts["txs"])
    invoices = _browse(env, "account.move", facts["invoices"])
    practice.stripe.advance(SIX_DAYS)
    for name in ("unheard", "debited"):
        intent = practice.intent_of(txs[name])
        practice.tell("payment_intent.succeeded", facts["endpoint"], intent)
    txs["held"]._capture()
    txs["refunded"]._refund(100)
    for name in ("unfinished", "declined"):
        _pay_again(practice, invoices[name])
    charged = _charge_saved_card(practice, facts)
    practice.run_jobs()
    clinic = _use_clinic(practice, facts)
    return {
        "clinic": clinic,
        "states": {name: tx.state for name, tx in txs.items()},
        "residuals": {name: inv.amount_residual for name, inv in invoices.items()},
        "charged": [charged.state, charged.invoice_ids.amount_residual],
        "inbox": sorted(env["clinic.stripe.event"].search([]).mapped("state")),
        "ledger": practice.totals(),
        "books": practice.booked(),
    }


def _use_clinic(practice, facts):
    """Bill services by card, and take back what was paid for most of them."""
    env = practice.env
    client = env["res.partner"].browse(facts["client"])
    client.clinic_is_patient = True
    services = _create_services(env, client, 4)
    invoices = _invoice_each(env, services)
    txs = [_pay_and_return(practice, invoice) for invoice in invoices]
    practice.run_jobs()
    _paid, taken_back, voided, disputed = txs
    taken_back.payment_id._clinic_undo("refund", 100, "Typing error")
    voided.invoice_ids._clinic_void(
        "Typing error", services="to_invoice", money="refund"
    )
    told = practice.stripe.create_dispute(practice.intent_of(disputed))
    practice.tell("charge.dispute.created", facts["endpoint"], told["id"])
    practice.run_jobs()
    practice.stripe.lose_dispute(told["id"])
    practice.tell("charge.dispute.closed", facts["endpoint"], told["id"])
    practice.run_jobs()
    disputes = env["clinic.stripe.dispute"].search([])
    return {
        "services": services.mapped("state"),
        "disputes": disputes.mapped(lambda each: [each.status, each.fee_booked]),
        "residuals": [tx.invoice_ids.amount_residual for tx in txs],
    }


def _browse(env, model, ids_by_name):
    return {name: env[model].browse(id_) for name, id_ in ids_by_name.items()}


def _pay_again(practice, invoice):
    """Pay as the client's page does: under lock, and instead of earlier attempts."""
    invoice._clinic_start_online_payment(invoice.amount_residual, invoice.currency_id)
    tx, secret = practice.start(invoice)
    practice.confirm(secret)
    practice.come_back(tx)


def _charge_saved_card(practice, facts):
    client = practice.env["res.partner"].browse(facts["client"])
    token = practice.env["payment.token"].browse(facts["token"])
    invoice = practice.bill(client, 35)
    tx = practice.create_transaction(
        invoice, operation="offline", token_id=token.id, amount=35
    )
    tx._charge_with_token()
    return tx


# === AFTER === #


def uninstall(env, modules=OUR_ADDONS):
    modules = env["ir.module.module"].search(
        [("name", "in", modules), ("state", "=", "installed")]
    )
    modules.button_immediate_uninstall()
    return sorted(modules.mapped("name"))


def use_core_again(env, emulator, facts):
    """Pay, refund and use a saved card as if our addons had never been there."""
    practice = Practice(env, emulator)
    client = env["res.partner"].browse(facts["client"])
    invoice = practice.bill(client, 75)
    tx = practice.pay(invoice)
    status = practice.tell("payment_intent.succeeded", facts["endpoint"])
    practice.run_jobs()
    refund = tx._refund(15)
    charged = _charge_saved_card(practice, facts)
    practice.run_jobs()
    forged = practice.post('{"type": "payment_intent.succeeded"}', "t=1,v1=abc")
    return {
        "status": status,
        "forged": forged,
        "reference_names_the_invoice": invoice.name in tx.reference.replace("-", "/"),
        "states": [tx.state, refund.state, charged.state],
        "residuals": [invoice.amount_residual, charged.invoice_ids.amount_residual],
        "has_key": bool(practice.provider.stripe_secret_key),
        "ledger": practice.totals(),
        "books": practice.booked(),
    }


# === INVOICING ALONE === #


def use_invoicing(env):
    """Bill two visits without Stripe and take cash for one; return what there is."""
    env["account.chart.template"].try_loading(
        "generic_coa", company=env.company, install_demo=False
    )
    client = env["res.partner"].create({"name": "Client", "clinic_is_patient": True})
    services = _create_services(env, client, 3)
    paid, owed = _invoice_each(env, services[:2])
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=paid.ids
    ).create({})._create_payments()
    return {"owed": owed.id, "client": client.id}


def _create_services(env, client, count):
    rate = env["product.product"].create(
        {
            "name": "Consultation",
            "type": "service",
            "list_price": 100,
            "taxes_id": [Command.clear()],
            "clinic_is_rate": True,
            "clinic_is_invoiced": True,
        }
    )
    vals = {"patient_id": client.id, "rate_id": rate.id}
    return env["clinic.service"].create([vals] * count)


def _invoice_each(env, services):
    run = env["clinic.billing.run"].create(
        {"service_ids": [Command.set(services.ids)], "grouping": "service"}
    )
    run.action_start()
    return services.mapped("invoice_ids")


def pay_what_was_owed(env, emulator, owed):
    """Pay by card what was billed before there was a card to pay with."""
    practice = Practice(env, emulator)
    endpoint = practice.open()
    practice.use_gateway()
    invoice = env["account.move"].browse(owed)
    tx = practice.pay(invoice)
    status = practice.tell("payment_intent.succeeded", endpoint)
    practice.run_jobs()
    services = env["clinic.service"].search([])
    return {
        "status": status,
        "state": tx.state,
        "residual": invoice.amount_residual,
        "services": sorted(services.mapped("state")),
        "books": practice.booked(),
    }

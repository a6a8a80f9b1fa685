"""What the point of sale asks of Stripe while a card is read at the till."""

from kit import CORE_API_VERSION, Practice

from odoo.fields import Command

SALE = 12.34


def sell(env, emulator):
    """Take a card at the till, with the SDK and without; return what Stripe saw."""
    practice = Practice(env, emulator)
    practice.open()
    groups = env.ref("base.group_user") | env.ref("point_of_sale.group_pos_user")
    cashier = env["res.users"].create(
        {
            "name": "Casey Cashier",
            "login": "cashier",
            "group_ids": [Command.set(groups.ids)],
        }
    )
    method = env["pos.payment.method"].create(
        {
            "name": "Card",
            "journal_id": env["account.journal"].search([("type", "=", "bank")])[:1].id,
            "use_payment_terminal": "stripe",
        }
    )
    env.cr.commit()
    told = {}
    for sdk in (True, False):
        practice.use_gateway(sdk=sdk)
        practice.stripe.clear_requests()
        sale = _sell_once(practice, method.with_user(cashier))
        sent = practice.stripe.requests(method="POST", path="/v1/*")
        told["sdk" if sdk else "core"] = {
            **sale,
            "params": [each["params"] for each in sent],
            "paths": [_without_id(each["path"]) for each in sent],
            "is_core_version": {each["version"] for each in sent} == {CORE_API_VERSION},
        }
    return told


def _sell_once(practice, method):
    token = method.stripe_connection_token()
    intent = method.stripe_payment_intent(SALE)
    held = practice.stripe.present_card(intent["id"])
    taken = method.stripe_capture_payment(intent["id"])
    tipped = method.stripe_payment_intent(SALE)
    practice.stripe.present_card(tipped["id"])
    part = method.stripe_capture_payment(tipped["id"], amount=10)
    return {
        "has_token": bool(token.get("secret")),
        "statuses": [intent["status"], held["status"], taken["status"], part["status"]],
        "received": [taken["amount_received"], part["amount_received"]],
        "charges": len(taken["charges"]["data"]),
    }


def _without_id(path):
    return "/".join("*" if word.startswith("pi_") else word for word in path.split("/"))


def overhear(env, emulator):
    """Let Stripe tell about a sale at the till: it is nothing of the gateway's."""
    practice = Practice(env, emulator)
    endpoint = practice.open()
    practice.use_gateway()
    method = env["pos.payment.method"].search([("name", "=", "Card")])
    intent = method.stripe_payment_intent(SALE)
    practice.stripe.present_card(intent["id"])
    method.stripe_capture_payment(intent["id"])
    status = practice.tell("payment_intent.succeeded", endpoint, intent["id"])
    practice.run_jobs()
    event = env["clinic.stripe.event"].search([("object_id", "=", intent["id"])])
    return {
        "status": status,
        "state": event.state,
        "transactions": env["payment.transaction"].search_count([]),
    }

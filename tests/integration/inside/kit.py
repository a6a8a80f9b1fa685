"""What steps inside Odoo share: the way to the emulator, people, books and messages.

It runs on Odoo alone too, so it imports nothing of our addons.
"""

import importlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from werkzeug.test import Client

from odoo.fields import Command
from odoo.http import root

from odoo.addons.payment_stripe.models.payment_provider import PaymentProvider

from stripe_emulator.control import Control
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY

WEBHOOK = "/payment/stripe/webhook"
CORE_API_VERSION = "2019-05-16"
# A bank wants the payer's consent.
CONSENT = {
    "mandate_data[customer_acceptance][type]": "online",
    "mandate_data[customer_acceptance][online][ip_address]": "127.0.0.1",
    "mandate_data[customer_acceptance][online][user_agent]": "test",
}
DECLINED = 402
STRIPES_OWN = "https://api.stripe.com/v1/"


def answer(env, step, arguments, path):
    """Run a step, commit, and write down what it returned."""
    module, _dot, name = step.partition(".")
    result = getattr(importlib.import_module(module), name)(env, **arguments)
    env.cr.commit()
    Path(path).write_text(json.dumps(result, default=str), "utf-8")


class Visitor(Client):
    """A browser, or Stripe, in front of Odoo's own WSGI application."""

    def open(self, *args, **kwargs):
        kwargs.setdefault("environ_overrides", {"REMOTE_ADDR": "127.0.0.1"})
        return super().open(*args, **kwargs)


class Practice:
    """A company that takes cards, and the Stripe that it takes them with.

    :param str emulator: where Stripe is
    """

    def __init__(self, env, emulator):
        self.env = env
        self.emulator = emulator
        self.stripe = Control(emulator)
        _lead_core_to(emulator)

    @property
    def provider(self):
        return self.env["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", self.env.company.id)]
        )

    # === SET-UP === #

    def open(self):
        """Give the company its accounts, its keys and an endpoint that signs."""
        if not self.env.company.chart_template:
            self.env["account.chart.template"].try_loading(
                "generic_coa", company=self.env.company, install_demo=False
            )
        self.set_parameter("account_payment.enable_portal_payment", "True")
        endpoint = self.stripe.add_endpoint(
            "http://127.0.0.1:9/webhook",
            ["account.updated"],
            api_version=CORE_API_VERSION,
        )
        self.provider.write(
            {
                "state": "test",
                "is_published": True,
                "stripe_publishable_key": PUBLISHABLE_KEY,
                "stripe_secret_key": SECRET_KEY,
                "stripe_webhook_secret": endpoint["secret"],
            }
        )
        self.env.cr.commit()
        return endpoint["id"]

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def use_gateway(self, sdk=True):
        """Lead our gateway to the emulator as well."""
        self.set_parameter("clinic_stripe_gateway.api_base", self.emulator)
        self.set_parameter("clinic_stripe_gateway.use_sdk", str(sdk))

    # === WHAT IS OWED AND PAID === #

    def create_client(self, name="Clara Client"):
        return self.env["res.partner"].create({"name": name})

    def bill(self, client, amount=120):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": client.id,
                "invoice_date": "2024-03-12",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Consultation",
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def create_transaction(self, invoices, method="card", **values):
        """Return a transaction as the payment form makes it, before Stripe is asked."""
        links = [Command.set(invoices.ids)]
        model = self.env["payment.transaction"]
        return model.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method(method).id,
                "operation": "online_direct",
                "amount": sum(invoices.mapped("amount_residual")),
                "currency_id": invoices.currency_id.id,
                "partner_id": invoices.partner_id.id,
                "invoice_ids": links,
                "reference": model._compute_reference("stripe", invoice_ids=links),
                **values,
            }
        )

    def start(self, invoices, **values):
        """Return a transaction with its intent at Stripe, and the intent's secret."""
        tx = self.create_transaction(invoices, **values)
        secret = tx._get_processing_values()["client_secret"]
        self.env.cr.commit()
        return tx, secret

    def pay(self, invoices, means="pm_card_visa", **values):
        """Return the transaction of a payment that Odoo has not heard of yet."""
        tx, secret = self.start(invoices, **values)
        self.confirm(secret, means)
        return tx

    def intent_of(self, tx):
        """Return the id of a transaction's intent; Core notes it only when settled."""
        (intent,) = (
            each["payment_intent"]
            for each in self.stripe.ledger()["payments"]
            if each["description"] == tx.reference
        )
        return intent

    def totals(self):
        """Return what Stripe has taken and given back, in whole units."""
        totals = self.stripe.ledger()["totals"]["usd"]
        return [totals["captured"] / 100, totals["refunded"] / 100]

    def booked(self):
        """Return what Odoo has booked of it."""
        posted = self.env["account.payment"].search(
            [("payment_transaction_id", "!=", False), ("state", "!=", "canceled")]
        )
        return [
            sum(each.amount for each in posted if each.payment_type == direction)
            for direction in ("inbound", "outbound")
        ]

    def method(self, code):
        return (
            self.env["payment.method"]
            .with_context(active_test=False)
            .search([("code", "=", code)], limit=1)
        )

    def confirm(self, client_secret, means="pm_card_visa"):
        """Do what Stripe.js does in the payer's browser; return Stripe's answer."""
        intent = client_secret.partition("_secret_")[0]
        kind = "setup_intents" if intent.startswith("seti_") else "payment_intents"
        form = dict(CONSENT) if means.startswith("pm_usBankAccount") else {}
        form |= {
            "client_secret": client_secret,
            "payment_method": means,
            "return_url": "https://practice.example/back",
        }
        request = urllib.request.Request(
            f"{self.emulator}/v1/{kind}/{intent}/confirm",
            data=urllib.parse.urlencode(form).encode(),
            headers={
                "Authorization": f"Bearer {PUBLISHABLE_KEY}",
                "Stripe-Version": CORE_API_VERSION,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            said = json.load(error)
            if error.code != DECLINED:
                raise ValueError(said) from error
            return said

    # === OVER HTTP === #

    def visitor(self):
        """Return a browser without a session, in front of this database."""
        self.env.cr.commit()
        return Visitor(root)

    def come_back(self, tx, **params):
        """Open the address to which Stripe.js sends the payer back."""
        given = {
            "reference": tx.reference,
            "payment_intent": tx.provider_reference or "",
            **params,
        }
        response = self.visitor().get("/payment/stripe/return", query_string=given)
        self.env.invalidate_all()
        return response.status_code

    def tell(self, kind, endpoint, object_id=None):
        """Deliver the latest event of that type, signed; return the answer's status."""
        where = {"object_id": object_id} if object_id else {}
        event = self.stripe.events(kind, **where)[-1]
        signed = self.stripe.payload(event["id"], endpoint)
        return self.post(signed["body"], signed["signature"])

    def post(self, body, signature=None):
        headers = {"Stripe-Signature": signature} if signature else {}
        response = self.visitor().post(
            WEBHOOK, data=body, content_type="application/json", headers=headers
        )
        self.env.invalidate_all()
        return response.status_code

    def run_jobs(self):
        """Run what Odoo runs by itself after a payment."""
        inbox = self.env.get("clinic.stripe.event")
        if inbox is not None:
            inbox._cron_process()
        self.env["payment.transaction"]._cron_post_process()
        self.env.cr.commit()
        self.env.invalidate_all()


def _lead_core_to(emulator):
    """Let Core's transport find the emulator where it looks for Stripe."""
    original = PaymentProvider._build_request_url

    def build_request_url(self, endpoint, **kwargs):
        url = original(self, endpoint, **kwargs)
        return url.replace(STRIPES_OWN, f"{emulator}/v1/")

    PaymentProvider._build_request_url = build_request_url

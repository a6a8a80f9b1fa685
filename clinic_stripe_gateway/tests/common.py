import json
import time
import urllib.error
import urllib.parse
import urllib.request

import stripe

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.clinic_invoicing.tests.common import ClinicInvoicingCommon
from odoo.addons.clinic_invoicing.tests.common_pages import PaymentFormCommon

# Tools of this repository: `make pytest` lets them be found.
from stripe_emulator.control import Control
from workbench.emulator import PUBLISHABLE_KEY, running_emulator

WEBHOOK = "/payment/stripe/webhook"
CORE_VERSION = "2019-05-16"


class Undone(Exception):
    """Ends a savepoint, as a collision in the database ends a request."""


class Browser:
    """What Stripe.js does in the payer's browser, with the publishable key."""

    def __init__(self, url, key=PUBLISHABLE_KEY):
        self._url = url
        self._key = key

    def confirm(self, client_secret, card="visa"):
        """Pay, or save a card, with one of Stripe's test cards."""
        intent_id = client_secret.partition("_secret_")[0]
        kind = "setup_intents" if intent_id.startswith("seti_") else "payment_intents"
        return self._post(
            f"{kind}/{intent_id}/confirm",
            client_secret=client_secret,
            payment_method=f"pm_card_{card}",
            return_url="https://practice.example/back",
        )

    def _post(self, path, **form):
        """Return Stripe's answer, also when it is a refusal."""
        request = urllib.request.Request(
            f"{self._url}/v1/{path}",
            data=urllib.parse.urlencode(form).encode(),
            headers={
                "Authorization": f"Bearer {self._key}",
                "Stripe-Version": CORE_VERSION,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)


class StripeGatewayCommon(ClinicInvoicingCommon):
    """A practice whose Stripe is the emulator, empty at the start of each test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One for each class: Odoo ends every process that a class leaves behind.
        emulator = cls.enterClassContext(running_emulator())
        cls.control = Control(emulator.url)
        cls.browser = Browser(emulator.url)
        cls._set_parameter("clinic_stripe_gateway.api_base", emulator.url)
        cls.card_method = cls.env.ref("payment.payment_method_card")
        cls.payment_method_id = cls.card_method.id
        cls.provider = cls._connect(cls.env.company)

    @classmethod
    def _create_gateway(cls):
        """It is Stripe."""

    def setUp(self):
        super().setUp()
        self.control.reset()
        self._listen(self.provider)

    @classmethod
    def _connect(cls, company, account="default"):
        """Return the company's Stripe, ready to be paid with."""
        provider = cls.env["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", company.id)]
        )
        provider.write(
            {
                "state": "test",
                "is_published": True,
                "stripe_publishable_key": f"pk_test_emulator_{account}",
                "stripe_secret_key": f"sk_test_emulator_{account}",
            }
        )
        return provider

    def _listen(self, provider, **settings):
        """Let Stripe sign events for the provider; nothing is sent by itself.

        The test posts them: it decides when, how often and in which order.
        """
        settings.setdefault("enabled_events", ["account.updated"])
        endpoint = self.control.add_endpoint("http://127.0.0.1:9/webhook", **settings)
        provider.stripe_webhook_secret = endpoint["secret"]
        self.endpoint = endpoint["id"]
        return endpoint

    @classmethod
    def _set_parameter(cls, name, value):
        cls.env["ir.config_parameter"].set_param(name, value)

    # === WHAT IS OWED AND PAID === #

    @classmethod
    def _bill(cls, amount=120, patient=None, **values):
        """Return a posted invoice to the patient, or to who pays for them."""
        return cls._invoice(
            cls._create_service(patient=patient, price_unit=amount, **values)
        )

    @classmethod
    def _create_transaction(cls, invoices=None, **values):
        """Return a transaction as the payment form makes it, before Stripe is asked."""
        invoices = invoices or cls.env["account.move"]
        model = cls.env["payment.transaction"]
        links = [Command.set(invoices.ids)]
        values.setdefault(
            "reference", model._compute_reference("stripe", invoice_ids=links)
        )
        # sudo: as in Core's routes and jobs.
        tx = model.sudo().create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.card_method.id,
                "operation": "online_direct",
                "amount": sum(invoices.mapped("amount_residual")),
                "currency_id": (invoices.currency_id or cls.env.company.currency_id).id,
                "partner_id": (invoices.partner_id or cls.client).id,
                "invoice_ids": links,
                **values,
            }
        )
        return tx.with_env(cls.env)

    @classmethod
    def _start(cls, invoices=None, **values):
        """Return a transaction with its intent at Stripe, and the intent's secret."""
        tx = cls._create_transaction(invoices, **values)
        return tx, tx._get_processing_values()["client_secret"]

    def _pay_by_card(self, invoices=None, card="visa", **values):
        """Return the transaction of a payment that Odoo has not heard of yet."""
        tx, client_secret = self._start(invoices, **values)
        self.browser.confirm(client_secret, card)
        return tx

    def _pay_and_settle(self, invoices=None, card="visa", **values):
        """Return the transaction of a payment that is booked."""
        tx = self._pay_by_card(invoices, card, **values)
        self._settle(tx)
        return tx

    def _settle(self, tx):
        """Process the transaction's intent as it is now, as the return page does."""
        intent = tx._send_api_request(
            "GET",
            f"payment_intents/{tx.provider_reference}",
            data={"expand[]": "payment_method"},
        )
        data = {"reference": tx.reference, "payment_intent": intent}
        tx._process("stripe", {**data, "payment_method": intent["payment_method"]})
        tx._post_process()

    def _authorise(self, invoice):
        """Return the transaction of a payment that waits for its capture."""
        self.provider.payment_method_ids = self.card_method
        self.provider.capture_manually = True
        return self._pay_and_settle(invoice)

    def _save_card(self, partner=None, card="visa"):
        """Return the token of a card that a payer has saved while paying."""
        tx = self._pay_and_settle(
            amount=1, partner_id=(partner or self.client).id, tokenize=True, card=card
        )
        return tx.token_id

    def assertPaidOnce(self, invoice, tx=None):
        """The invoice is paid, in Odoo and at Stripe, by exactly one payment."""
        payment = invoice._get_reconciled_payments()
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.amount, invoice.amount_total)
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        self.assertEqual(invoice.amount_residual, 0)
        self.assertIn(invoice.name, payment.memo)
        if tx:
            self.assertEqual(payment.payment_transaction_id, tx)
        captured = sum(each["captured"] for each in self.control.ledger()["payments"])
        self.assertEqual(captured, round(invoice.amount_total * 100))

    # === WHAT WAS SENT === #

    def _sent(self, method=None, endpoint="*"):
        """Return what Odoo sent to Stripe; the browser's requests are left out."""
        return [
            each
            for each in self.control.requests(method=method, path=f"/v1/{endpoint}")
            if not each["key_prefix"].startswith("pk_")
        ]

    # === EVENTS === #

    def _event(self, kind):
        """Return the latest event of that type."""
        return self.control.events(kind)[-1]

    def _message(self, kind):
        """Return body and signature of the latest event of that type."""
        signed = self.control.payload(self._event(kind)["id"], self.endpoint)
        return signed["body"].encode(), signed["signature"]


class StripeHttpCommon(StripeGatewayCommon, PaymentFormCommon):
    """Messages arrive over HTTP, from somebody who has no session."""

    def _post(self, body, signature=None, **headers):
        """Post a message as Stripe does; return the answer's status."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Content-Type", "application/json; charset=utf-8")
        if signature is not None:
            headers["Stripe-Signature"] = signature
        url = self.base_url() + WEBHOOK
        request = urllib.request.Request(url, body, headers, method="POST")
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
        self.env.invalidate_all()
        return status

    def _process_events(self):
        """Run the job that settles what has been received."""
        self._run_job("clinic_stripe_gateway.ir_cron_process_events")

    def _run_job(self, name):
        """Run a scheduled action in its own cursor, as the scheduler does."""
        self.env.flush_all()
        self.env.ref(name).sudo().method_direct_trigger()
        self.env.invalidate_all()
        # It has numbered entries: the next number that this cursor kept is taken.
        self.env["account.move"]._get_sequence_cache().clear()

    def _deliver(self, kind):
        """Let Stripe tell about the latest event of that type, and settle it."""
        self.assertEqual(self._post(*self._message(kind)), 200)
        self._process_events()
        return self._received()[:1]

    def _received(self):
        """Return the inbox, the latest first."""
        return self.env["clinic.stripe.event"].sudo().search([])


class StripeAdminCommon(StripeHttpCommon):
    """An administrator connects the practice with Stripe."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env,
            "stripe_admin",
            "base.group_system",
            company_id=cls.env.company.id,
            company_ids=cls.env.company.ids,
        )

    def _check_keys(self, user=None):
        providers = self.provider.with_user(user or self.admin)
        return providers.action_clinic_stripe_check_keys()


class StripeEventCommon(StripeHttpCommon):
    """A service that is billed, and messages about its payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service(price_unit=120)
        cls.invoice = cls._invoice(cls.service)

    def _sign(self, body, secret=None, age=0):
        """Return the signature with which Stripe would have sent this body."""
        return stripe.WebhookSignature.generate_signature_header(
            body.decode(),
            secret or self.provider.stripe_webhook_secret,
            int(time.time()) - age,
        )

    def _paid_message(self):
        """Return a payment that Odoo has not heard of, and the message about it."""
        tx = self._pay_by_card(self.invoice)
        return tx, *self._message("payment_intent.succeeded")

    def _come_back(self, tx):
        self.env.flush_all()
        params = {"reference": tx.reference, "payment_intent": tx.provider_reference}
        self.url_open("/payment/stripe/return", params=params, allow_redirects=False)
        self.env.invalidate_all()

    def assertNothingDone(self, tx=None):
        self.assertFalse(self._received())
        if tx:
            self.assertEqual(tx.state, "draft")
            self.assertEqual(self.invoice.amount_residual, 120)

    def assertPaidAndKnown(self, tx):
        """Everybody knows about it: invoice, service and share."""
        self.assertEqual(tx.state, "done")
        self.assertPaidOnce(self.invoice, tx)
        self.assertEqual(self.service.state, "paid")
        self.assertEqual(self.service.amount_due, 0)
        self.assertEqual(self.service.share_ids.state, "paid")
        self.assertEqual(self.service.share_ids.amount_paid, 120)

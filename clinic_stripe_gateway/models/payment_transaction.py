from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import hmac

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

REFERENCE_LENGTH = 24


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    # === REFERENCES === #

    @api.model
    def _compute_reference(self, provider_code, prefix=None, separator="-", **kwargs):
        """Give Stripe's transactions references that mean nothing to others.

        Stock uses the invoice's number, which Stripe would print on receipts. The
        opaque one is made from it, not drawn at random: a request that is run
        again after a rollback must find what the first run made at Stripe.
        """
        if provider_code == "stripe":
            # sudo: as stock does, to read the documents that the prefix is made of.
            plain = prefix or self.sudo()._compute_reference_prefix(separator, **kwargs)
            if plain:
                scope = "clinic_stripe_reference"
                # sudo: the database's secret keeps others from guessing the number.
                prefix = hmac(self.env(su=True), scope, plain)[:REFERENCE_LENGTH]
        return super()._compute_reference(
            provider_code, prefix=prefix, separator=separator, **kwargs
        )

    def _create_payment(self, **extra_create_values):
        """Name the invoices on the payment: the reference does not tell them."""
        # Captures and refunds are for the invoices of their source.
        invoices = self.invoice_ids or self.source_transaction_id.invoice_ids
        if self.provider_code == "stripe" and invoices:
            names = ", ".join(invoices.filtered("name").mapped("name"))
            memo = f"{names} - {self.reference} - {self.provider_reference or ''}"
            extra_create_values.setdefault("memo", memo)
        return super()._create_payment(**extra_create_values)

    # === REQUESTS === #

    def _send_api_request(self, method, endpoint, **kwargs):
        """Let a repeated request do nothing twice.

        Odoo runs a request again when two of them collide in the database. Stock
        gives a key to payments only, not to refunds, captures and voids.
        """
        if self.provider_code == "stripe" and method == "POST":
            kwargs.setdefault(
                "idempotency_key",
                payment_utils.generate_idempotency_key(self, scope=endpoint),
            )
        return super()._send_api_request(method, endpoint, **kwargs)

    def _stripe_create_customer(self):
        """Use the payer's one customer; stock makes a new one for each payment."""
        if not self.provider_id._clinic_stripe_uses_sdk():
            return super()._stripe_create_customer()
        # sudo: payers do not read how Stripe knows them.
        customers = self.env["clinic.stripe.customer"].sudo()
        return {"id": customers._get_customer_ref(self.provider_id, self.partner_id)}

    def _stripe_create_intent(self):
        """Remember the intent: it is the only one that may settle the transaction."""
        intent = super()._stripe_create_intent()
        if intent:
            self.provider_reference = intent["id"]
        return intent

    # === PROCESSING === #

    def _process(self, provider_code, payment_data):
        """Settle a transaction only with what belongs to it.

        Somebody else's intent changes nothing, even one of the same amount: the
        return page takes its id from the address bar.
        """
        if provider_code == "stripe":
            tx = self or self._search_by_reference(provider_code, payment_data)
            if tx and not tx._clinic_stripe_owns(payment_data):
                _logger.warning(
                    "Refused to settle transaction %s with an object of another.",
                    tx.reference,
                )
                return tx
            # Stock checks the amount, but goes on when it was refused before.
            if tx.state == "error" and not tx._clinic_stripe_fits(payment_data):
                return tx
            self._clinic_stripe_word_for_payers(payment_data)
        return super()._process(provider_code, payment_data)

    @api.model
    def _clinic_stripe_word_for_payers(self, payment_data):
        """Replace what Stripe says to developers: payers read it on their bill."""
        error = (payment_data.get("payment_intent") or {}).get("last_payment_error")
        if error and error.get("code") == "payment_intent_authentication_failure":
            error["message"] = self.env._(
                "Your bank could not confirm that it was you."
            )

    def _clinic_stripe_owns(self, payment_data):
        """Whether the object of Stripe in these data is this transaction's own.

        Captures and voids are children that share their source's intent. A refund
        belongs to the transaction whose intent it refunds.
        """
        self.ensure_one()
        if self.operation == "refund":
            refund = payment_data.get("refund") or {}
            refunded = refund.get("payment_intent")
            source = self.source_transaction_id.provider_reference
            # What stock fetches with a refund tells it; only its own answer may not.
            # Nothing could be refunded at Stripe of a payment without an intent.
            return not source or refunded in (None, source)
        intent = payment_data.get("payment_intent") or payment_data.get("setup_intent")
        if not isinstance(intent, dict):
            return False
        owner = self.source_transaction_id or self
        named, expected = intent.get("description"), owner.provider_reference
        if expected and expected != intent.get("id"):
            return False
        # Odoo's own tests answer in stock's place and do not say whose it is.
        is_unnamed = named is None and not self.provider_id._clinic_stripe_uses_sdk()
        return named == owner.reference or is_unnamed

    def _clinic_stripe_fits(self, payment_data):
        """Whether Stripe names the amount and currency of this transaction."""
        self.ensure_one()
        if self.operation == "validation":
            return True
        kind = "refund" if self.operation == "refund" else "payment_intent"
        told = payment_data[kind]
        currency = self.currency_id
        decimals = stripe_const.CURRENCY_DECIMALS.get(currency.name)
        amount = payment_utils.to_minor_currency_units(
            abs(self.amount), currency, arbitrary_decimal_number=decimals
        )
        return told.get("amount") == amount and (
            told.get("currency", "").upper() == currency.name
        )

    # === OPEN ATTEMPTS === #

    def _clinic_supersede_open_attempts(self):
        """Cancel the intents of earlier attempts at Stripe."""
        # After a decline the card form can still be used to try another card.
        attempts = self.filtered(
            lambda tx: (
                tx.provider_code == "stripe"
                and tx.operation == "online_direct"
                and tx.state in ("draft", "error")
                and tx.provider_reference
            )
        )
        for tx in attempts:
            tx._clinic_stripe_close_attempt()
        return super()._clinic_supersede_open_attempts()

    def _clinic_stripe_close_attempt(self):
        """Make sure that nobody can pay with this attempt any more.

        :raise UserError: it has been paid or is being paid
        """
        self.ensure_one()
        try:
            intent = self.provider_id._clinic_stripe_call(
                "close_intent",
                self.provider_reference,
                idempotency_key=payment_utils.generate_idempotency_key(
                    self, scope="close"
                ),
            )
        except ValidationError as error:
            raise UserError(
                self.env._(
                    "We could not make sure that an earlier attempt to pay is closed. "
                    "Please try again in a moment."
                )
            ) from error
        if not intent.is_closed:
            # sudo: settling it is nobody's right and everybody's interest.
            self.env["clinic.stripe.event"].sudo()._ask_later(self)
            raise UserError(
                self.env._(
                    "A payment of this invoice is being processed. Please wait a "
                    "moment, then reload the page."
                )
            )
        # A declined attempt as well: it need not be closed a second time.
        self._set_canceled(
            self.env._("Replaced by a newer attempt to pay."),
            extra_allowed_states=("error",),
        )

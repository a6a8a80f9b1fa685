from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import hmac

from odoo.addons.payment import utils as payment_utils

REFERENCE_LENGTH = 24
SECONDS_PER_DAY = 24 * 3600


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    # === REFERENCES === #

    @api.model
    def _compute_reference(self, provider_code, prefix=None, separator="-", **kwargs):
        """Give Stripe's transactions references that mean nothing to others.

        Core uses the invoice's number, which Stripe would print on receipts. The
        opaque one is made from it, not drawn at random: a request that is run
        again after a rollback must find what the first run made at Stripe.
        """
        if provider_code == "stripe":
            # sudo: as Core does, to read the documents that the prefix is made of.
            plain = prefix or self.sudo()._compute_reference_prefix(separator, **kwargs)
            if plain:
                scope = "clinic_stripe_reference"
                # sudo: the database's secret keeps others from guessing the number.
                prefix = hmac(self.env(su=True), scope, plain)[:REFERENCE_LENGTH]
        return super()._compute_reference(
            provider_code, prefix=prefix, separator=separator, **kwargs
        )

    # === REQUESTS === #

    def _send_api_request(self, method, endpoint, **kwargs):
        """Let a repeated request do nothing twice.

        Odoo runs a request again when two of them collide in the database. Core
        gives a key to payments only, not to refunds, captures and voids.
        """
        if self.provider_code != "stripe" or method != "POST":
            return super()._send_api_request(method, endpoint, **kwargs)
        kwargs.setdefault(
            "idempotency_key",
            payment_utils.generate_idempotency_key(self, scope=endpoint),
        )
        if endpoint == "refunds":
            # It is found by it when the answer is lost.
            reference = {"metadata[reference]": self.reference}
            kwargs["data"] = {**kwargs["data"], **reference}
        with self._clinic_stripe_watching():
            return super()._send_api_request(method, endpoint, **kwargs)

    def _stripe_prepare_payment_intent_payload(self):
        """Write on the payment what it is for, for the case that Odoo forgets."""
        payload = super()._stripe_prepare_payment_intent_payload()
        origin = self._clinic_stripe_seal_origin()
        return {**payload, **{f"metadata[{name}]": origin[name] for name in origin}}

    def _stripe_prepare_mandate_options(self):
        """Let a mandate start with the day: Core's second differs when repeated."""
        options = super()._stripe_prepare_mandate_options()
        start = "payment_method_options[card][mandate_options][start_date]"
        return {**options, start: options[start] - options[start] % SECONDS_PER_DAY}

    def _stripe_create_customer(self):
        """Use the payer's one customer; Core makes a new one for each payment."""
        if not self.provider_id._clinic_stripe_uses_sdk():
            return super()._stripe_create_customer()
        # sudo: payers do not read how Stripe knows them.
        customers = self.env["clinic.stripe.customer"].sudo()
        return {"id": customers._get_customer_ref(self.provider_id, self.partner_id)}

    def _stripe_create_intent(self):
        """Remember the intent: it is the only one that may settle the transaction."""
        intent = super()._stripe_create_intent()
        if intent:
            # sudo: nobody else says which it is.
            self.sudo().provider_reference = intent["id"]
        return intent

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Charge dinars with the decimals that Stripe can charge."""
        specific = super()._get_specific_create_values(provider_code, values)
        if provider_code == "stripe" and values.get("amount"):
            currency = self.env["res.currency"].browse(values["currency_id"])
            specific["amount"] = currency._clinic_stripe_get_chargeable(
                values["amount"]
            )
        return specific

    # === REFUNDS === #

    def action_refund(self, amount_to_refund=None):
        """Refund as the reversal of a payment does: by whom it may, books included."""
        ours = self.filtered(lambda tx: tx.provider_code == "stripe")
        if ours:
            self.env["account.payment"]._clinic_check_may_undo()
        if any(not tx.payment_id for tx in ours):
            raise UserError(
                self.env._("The payment is not in the books yet. Please wait a moment.")
            )
        for payment in ours.payment_id:
            payment._clinic_undo(
                "refund",
                amount_to_refund or payment._clinic_get_returnable(),
                self.env._("Refund of the transaction"),
            )
        others = self - ours
        return super(PaymentTransaction, others).action_refund(
            amount_to_refund=amount_to_refund
        )

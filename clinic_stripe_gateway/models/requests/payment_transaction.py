import functools

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import hmac

from odoo.addons.payment import utils as payment_utils

from ...adapter import TryLater

REFERENCE_LENGTH = 24
SECONDS_PER_DAY = 24 * 3600


class PaymentTransaction(models.Model):
    """References of payments at Stripe, and the one way that their requests take."""

    _inherit = "payment.transaction"

    clinic_stripe_was_busy = fields.Boolean(
        string="Stripe Was Busy",
        readonly=True,
        copy=False,
        help="Stripe has refused to look at it. The card was not asked.",
    )

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

    # === STRIPE IS BUSY === #

    def _clinic_was_turned_away(self):
        return self.clinic_stripe_was_busy or super()._clinic_was_turned_away()

    def _clinic_stripe_note_busy(self, was_busy):
        # sudo: who pays does not write transactions.
        tx = self.sudo()
        if tx.clinic_stripe_was_busy != was_busy:
            tx.clinic_stripe_was_busy = was_busy

    # === THE WAY OF A REQUEST === #

    def _send_api_request(self, method, endpoint, **kwargs):
        """Send a request about a payment; what happens on its way stands here in order.

        What the rooms below have to do with it they do in the hooks that follow.
        """
        if self.provider_code != "stripe":
            return super()._send_api_request(method, endpoint, **kwargs)
        tx = self._clinic_stripe_about_payer()
        send = functools.partial(
            super(PaymentTransaction, tx)._send_api_request, method, endpoint
        )
        if method == "POST":
            kwargs = tx._clinic_stripe_make_repeatable(endpoint, kwargs)
        try:
            return tx._clinic_stripe_send_repaired(send, method, endpoint, kwargs)
        except ValidationError as error:
            tx._clinic_stripe_note_refusal(error)
            raise

    def _clinic_stripe_send_repaired(self, send, method, endpoint, request):
        """Send it, and once more when what it has failed of can be repaired."""
        try:
            answer = self._clinic_stripe_send(send, method, request)
        except ValidationError as error:
            again = self._clinic_stripe_repair(method, endpoint, request, error)
            if not again:
                raise
            answer = self._clinic_stripe_send(send, method, again)
        return answer

    def _clinic_stripe_about_payer(self):
        """Return this transaction with whom the request is about.

        Rooms below add to it.
        """
        return self

    def _clinic_stripe_make_repeatable(self, endpoint, kwargs):
        """Return the request with what keeps it from doing anything twice.

        Odoo runs a request again when two of them collide in the database. Core
        gives a key to payments only, not to refunds, captures and voids.
        """
        key = payment_utils.generate_idempotency_key(self, scope=endpoint)
        request = {"idempotency_key": key, **kwargs}
        if endpoint == "refunds":
            # It is found by it when the answer is lost.
            reference = {"metadata[reference]": self.reference}
            request["data"] = {**request["data"], **reference}
        return request

    def _clinic_stripe_send(self, send, method, request):
        """Send it once, and remember whether Stripe was too busy for it."""
        try:
            answer = send(**request)
        except ValidationError as error:
            if method == "POST":
                self._clinic_stripe_judge_answer(error)
            self._clinic_stripe_note_busy(isinstance(error.__cause__, TryLater))
            raise
        self._clinic_stripe_note_busy(False)
        return answer

    def _clinic_stripe_judge_answer(self, error):
        """Raise what keeps an unknown outcome from being taken for a refusal.

        Rooms below add to it.

        :param ValidationError error: with which something that acts has ended
        """

    def _clinic_stripe_repair(self, method, endpoint, request, error):
        """Return another request to send instead of one that has failed.

        Rooms below add to it.

        :return: nothing when there is none, as for nearly all errors
        """
        return

    def _clinic_stripe_note_refusal(self, error):
        """Remember what is needed later of a request that has failed.

        Rooms below add to it.
        """

    # === CONTENTS OF REQUESTS === #

    def _stripe_prepare_mandate_options(self):
        """Let a mandate start with the day: Core's second differs when repeated."""
        options = super()._stripe_prepare_mandate_options()
        start = "payment_method_options[card][mandate_options][start_date]"
        return {**options, start: options[start] - options[start] % SECONDS_PER_DAY}

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Charge dinars with the decimals that Stripe can charge."""
        specific = super()._get_specific_create_values(provider_code, values)
        if provider_code == "stripe" and values.get("amount"):
            currency = self.env["res.currency"].browse(values["currency_id"])
            amount = currency._clinic_stripe_get_chargeable(values["amount"])
            if currency.is_zero(amount):
                raise ValidationError(self.env._("So little cannot be paid online."))
            specific["amount"] = amount
        return specific

from contextlib import contextmanager, nullcontext

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ...adapter import KeyReused, TryLater
from ...const import TYPED
from ...exceptions import OutcomePending

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)


class Unanswered(Exception):
    """A request that moves money was sent, and nobody knows whether it did.

    Not a ValidationError: Core would take it for a refusal.
    """


class PaymentTransaction(models.Model):
    """Requests without an answer: they are pending until Stripe says otherwise."""

    _inherit = "payment.transaction"

    clinic_stripe_request = fields.Selection(
        [
            ("charge", "Charge"),
            ("refund", "Refund"),
            ("capture", "Capture"),
            ("void", "Void"),
        ],
        string="Unanswered Request",
        readonly=True,
        copy=False,
        help="What Stripe was asked for and has not answered.",
    )
    clinic_stripe_ask_at = fields.Datetime(
        string="Ask Stripe On", readonly=True, copy=False
    )

    _clinic_stripe_unanswered_index = models.Index(
        "(clinic_stripe_ask_at) WHERE clinic_stripe_ask_at IS NOT NULL"
    )

    def _clinic_stripe_judge_answer(self, error):
        """Let an unknown outcome pass Core's handlers, which would call it an error.

        An intent that nobody has confirmed yet moves no money. That its key was used
        before tells of a request that Odoo has forgotten, which may have.
        """
        if isinstance(error, OutcomePending):
            moves_money = (
                self.operation in ("online_token", "offline", "refund")
                or self.source_transaction_id
                or isinstance(error.__cause__, KeyReused)
            )
            if moves_money and self.operation != "validation":
                raise Unanswered from error
        # It is sent again: this one was refused, of the first nobody knows.
        elif self.state == "pending" and isinstance(error.__cause__, TryLater):
            raise Unanswered from error
        return super()._clinic_stripe_judge_answer(error)

    @contextmanager
    def _clinic_stripe_awaiting(self, request):
        """Make the transaction pending when its request is not answered."""
        try:
            yield
        except Unanswered:
            _logger.warning("Stripe has not answered for %s.", self.reference)
            self._set_pending(
                state_message=self.env._(
                    "Stripe has not answered yet. The outcome is looked up "
                    "automatically. Do not try again."
                )
            )
            # sudo: nobody else may ask for it.
            asking = self.sudo()
            asking.clinic_stripe_request = request
            asking.clinic_stripe_ask_at = fields.Datetime.now()
            self.env.ref("clinic_stripe_gateway.ir_cron_ask_unanswered")._trigger()

    def _stripe_create_intent(self):
        """Remember the intent: it is the only one that may settle the transaction."""
        is_typed = self.operation in TYPED
        with self._clinic_stripe_awaiting("charge") if is_typed else nullcontext():
            intent = super()._stripe_create_intent()
            if intent:
                # sudo: nobody else says which it is.
                self.sudo().provider_reference = intent["id"]
            return intent
        return None

    def _get_processing_values(self):
        """Keep the browser from going on without an intent.

        With a saved card it needs none, and waits for the outcome.
        """
        values = super()._get_processing_values()
        if self.clinic_stripe_request and self.operation in TYPED:
            values["state"] = "error"
        return values

    def _send_payment_request(self):
        with self._clinic_stripe_awaiting("charge"):
            return super()._send_payment_request()

    def _send_refund_request(self):
        with self._clinic_stripe_awaiting("refund"):
            return super()._send_refund_request()

    def _capture(self, amount_to_capture=None):
        self._clinic_stripe_check_parts_answered()
        return super()._capture(amount_to_capture=amount_to_capture)

    def _void(self, amount_to_void=None):
        self._clinic_stripe_check_parts_answered()
        return super()._void(amount_to_void=amount_to_void)

    def _clinic_stripe_check_parts_answered(self):
        """Refuse a second capture or void while nobody knows about the first.

        Stripe would do one of them, and its answer would then settle both.
        """
        if self._clinic_stripe_get_parts().filtered("clinic_stripe_request"):
            raise UserError(
                self.env._(
                    "Stripe has not answered the last request about %(reference)s. "
                    "Odoo finds out by itself what became of it. Do not try again.",
                    reference=self.reference,
                )
            )

    def _send_capture_request(self):
        with self._clinic_stripe_awaiting("capture"):
            return super()._send_capture_request()

    def _send_void_request(self):
        with self._clinic_stripe_awaiting("void"):
            return super()._send_void_request()

    def _clinic_stripe_check_refunds_are_answered(self):
        """Raise UserError while nobody knows whether money has gone back already.

        Whoever clicks again because it seems to have failed wants one refund; of a
        part, there would be room for a second.
        """
        refunds = self._clinic_stripe_get_refunds()
        if any(
            tx.state == "pending" and tx.clinic_stripe_request == "refund"
            for tx in refunds
        ):
            raise UserError(
                self.env._(
                    "Stripe has not answered an earlier refund of this payment. Odoo "
                    "finds out by itself what became of it. Please look again in a few "
                    "minutes."
                )
            )

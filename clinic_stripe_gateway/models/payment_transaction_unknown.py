from contextlib import contextmanager
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ..adapter import KeyReused, Rejected
from ..exceptions import OutcomePending

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# Stripe forgets a key after a day. A client who was told to wait for an hour does not
# expect to be charged after all.
SEND_AGAIN_HOURS = {"charge": 1, "refund": 23, "capture": 23, "void": 23}
SHORTEST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
# The clocks of Odoo and Stripe may differ.
CLOCK_TOLERANCE = timedelta(hours=1)


class Unanswered(Exception):
    """A request that moves money was sent, and nobody knows whether it did.

    Not a ValidationError: stock would take it for a refusal.
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

    # === SENDING === #

    @contextmanager
    def _clinic_stripe_watching(self):
        """Let an unknown outcome pass stock's handlers, which would call it an error.

        An intent that nobody has confirmed yet moves no money. That its key was used
        before tells of a request that Odoo has forgotten, which may have.
        """
        try:
            yield
        except OutcomePending as error:
            moves_money = (
                self.operation in ("online_token", "offline", "refund")
                or self.source_transaction_id
                or isinstance(error.__cause__, KeyReused)
            )
            if not moves_money or self.operation == "validation":
                raise
            raise Unanswered from error

    @contextmanager
    def _clinic_stripe_awaiting(self, request):
        """Make the transaction pending when its request is not answered."""
        try:
            yield
        except Unanswered:
            _logger.warning("Stripe has not answered for %s.", self.reference)
            self._set_pending(
                state_message=self.env._(
                    "Stripe has not answered. Odoo finds out by itself what became "
                    "of it. Do not try again."
                )
            )
            # sudo: nobody else may ask for it.
            asking = self.sudo()
            asking.clinic_stripe_request = request
            asking.clinic_stripe_ask_at = fields.Datetime.now()
            self.env.ref("clinic_stripe_gateway.ir_cron_ask_unanswered")._trigger()

    def _stripe_create_intent(self):
        if self.operation != "online_direct":
            return super()._stripe_create_intent()
        with self._clinic_stripe_awaiting("charge"):
            return super()._stripe_create_intent()

    def _get_processing_values(self):
        """Keep the browser from going on without an intent."""
        values = super()._get_processing_values()
        if self.clinic_stripe_request:
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

    # === ASKING === #

    @api.model
    def _cron_clinic_stripe_ask(self, limit=100):
        """Find out what became of the requests that Stripe has not answered."""
        waiting = self.search(
            [("clinic_stripe_ask_at", "<=", fields.Datetime.now())],
            order="clinic_stripe_ask_at, id",
            limit=limit,
        )
        for position, tx in enumerate(waiting, start=1):
            # Its request may still be under way.
            if tx.try_lock_for_update():
                tx._clinic_stripe_ask()
            self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - position)

    def action_clinic_stripe_ask(self):
        """Ask Stripe now what became of the request."""
        self.check_access("write")
        # sudo: asking needs the key of the practice.
        for tx in self.sudo().filtered("clinic_stripe_request"):
            tx._clinic_stripe_ask()

    def _clinic_stripe_ask(self):
        """Settle one unanswered request, or wait longer for it."""
        self.ensure_one()
        request = self.clinic_stripe_request
        self.write({"clinic_stripe_request": False, "clinic_stripe_ask_at": False})
        try:
            with self.env.cr.savepoint():
                self._clinic_stripe_find_out(request)
        except psycopg2.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - it stays pending and is asked again
            _logger.warning(
                "Asking Stripe about %s failed: %s",
                self.reference,
                type(error).__name__,
            )
            self.clinic_stripe_request = request
        if self.clinic_stripe_request:
            age = fields.Datetime.now() - self.create_date
            wait = max(SHORTEST_WAIT, min(age, LONGEST_WAIT))
            self.clinic_stripe_ask_at = fields.Datetime.now() + wait

    def _clinic_stripe_find_out(self, request):
        if self.state == "pending":
            if request == "charge":
                intent = self._clinic_stripe_find_charge()
                known = bool(intent) and self._clinic_stripe_settle_with(intent)
            elif request == "refund":
                known = self._clinic_stripe_find_refund()
            else:
                known = self._clinic_stripe_find_end_of_authorisation()
            if not known:
                self._clinic_stripe_send_again(request)
        # An event may have settled it meanwhile.
        family = self | self.source_transaction_id
        family.filtered(lambda tx: not tx.is_post_processed)._post_process()

    def _clinic_stripe_settle_with(self, intent):
        """Process an intent as Stripe knows it now."""
        data = {"reference": self.reference, "payment_intent": intent}
        return self._process(
            "stripe", {**data, "payment_method": intent.get("payment_method")}
        )

    def _clinic_stripe_find_charge(self):
        """Return the intent that the lost request has made, if it has made one."""
        since = self.create_date - CLOCK_TOLERANCE
        customer = self.token_id.provider_ref or self._stripe_create_customer()["id"]
        listed = self._clinic_stripe_list(
            "payment_intents",
            **{"customer": customer, "created[gte]": int(since.timestamp())},
        )
        # The reference may have been another amount's, in a request that was forgotten.
        made = (i for i in listed if i["description"] == self.reference)
        fitting = (i for i in made if self._clinic_stripe_fits({"payment_intent": i}))
        found = next(fitting, None)
        if not found:
            return None
        self.provider_reference = found["id"]
        return self._clinic_stripe_fetch_intent(found["id"])

    def _clinic_stripe_fetch_intent(self, intent_id):
        return self._send_api_request(
            "GET", f"payment_intents/{intent_id}", params={"expand[]": "payment_method"}
        )

    def _clinic_stripe_find_refund(self):
        """Settle it with the refund that the lost request has made, if it has."""
        source = self.source_transaction_id
        made = (
            refund
            for refund in source._clinic_stripe_list_refunds()
            if refund["metadata"].get("reference") == self.reference
        )
        refund = next(made, None)
        return bool(refund) and self._process("stripe", {"refund": refund})

    def _clinic_stripe_find_end_of_authorisation(self):
        """Settle it when the payment is not waiting for its capture any more."""
        intent = self._clinic_stripe_fetch_intent(
            self.source_transaction_id.provider_reference
        )
        if intent["status"] == "requires_capture":
            return False
        return self._clinic_stripe_settle_with(intent)

    def _clinic_stripe_send_again(self, request):
        """Send the same request with the same key, or give up when it is too old."""
        age = fields.Datetime.now() - self.create_date
        # The card form of an online payment is gone.
        is_gone = self.operation == "online_direct" and request == "charge"
        if is_gone or age > timedelta(hours=SEND_AGAIN_HOURS[request]):
            self._set_error(
                self.env._("Stripe has not received the request: nothing was done.")
            )
            return
        send = {
            "charge": self._send_payment_request,
            "refund": self._send_refund_request,
            "capture": self._send_capture_request,
            "void": self._send_void_request,
        }
        try:
            send[request]()
        except ValidationError as error:
            # With the same key: had Stripe done it before, it would say so now.
            if not isinstance(error.__cause__, Rejected):
                raise
            self._set_error(str(error))

from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ...adapter import Rejected
from ...backoff import as_long_as
from ...const import TYPED
from ...unix_time import to_seconds

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# Stripe forgets a key after a day. A client who was told to wait for an hour does not
# expect to be charged after all.
SEND_AGAIN_HOURS = {"charge": 1, "refund": 23, "capture": 23, "void": 23}
# A request that Odoo has forgotten may have used the key before; clocks may differ.
KEY_LIFE = timedelta(hours=25)


class PaymentTransaction(models.Model):
    """Asking Stripe what became of the requests that it has not answered."""

    _inherit = "payment.transaction"

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
            remaining = len(waiting) - position
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                # Each waits long for Stripe while it is down; the next run goes on.
                break

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
            self.clinic_stripe_ask_at = fields.Datetime.now() + as_long_as(age)

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
        customer = self.token_id.provider_ref or self._stripe_create_customer()["id"]
        return self._clinic_stripe_adopt(
            self._clinic_stripe_list_made(customer=customer)
        )

    def _clinic_stripe_list_made(self, **params):
        """Return the intents with this reference, made while its key was known."""
        since = to_seconds(self.create_date - KEY_LIFE)
        listed = self._clinic_stripe_list(
            "payment_intents", **{"created[gte]": since, **params}
        )
        return [i for i in listed if i["description"] == self.reference]

    def _clinic_stripe_adopt(self, made):
        """Take the one of these intents that is this transaction's own; return it."""
        # The reference may have been another amount's, in a request that was forgotten.
        fitting = (i for i in made if self._clinic_stripe_fits({"payment_intent": i}))
        # It may be that of a backup that was restored, too.
        found = next(filter(self._clinic_stripe_is_for_same, fitting), None)
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
        is_gone = self.operation in TYPED and request == "charge"
        if is_gone or age > timedelta(hours=SEND_AGAIN_HOURS[request]):
            self._clinic_stripe_give_up(request)
            return
        if request == "charge" and not self._clinic_is_still_owed():
            self._set_error(
                self.env._(
                    "What it is for has been paid or changed meanwhile: the request is "
                    "not sent again."
                )
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

    def _clinic_stripe_give_up(self, request):
        """Say that nothing was done, after a last look at the whole account.

        What Odoo has forgotten need not be of the same customer, and what is not
        this transaction's own is booked by itself: it must not be paid once more.
        """
        if request == "charge":
            made = self._clinic_stripe_list_made()
            intent = self._clinic_stripe_adopt(made)
            if intent:
                self._clinic_stripe_settle_with(intent)
                return
            for other in made:
                self.env["clinic.stripe.event"]._ask_about(
                    self.provider_id.id, "payment_intent.succeeded", other["id"]
                )
        self._set_error(
            self.env._("Stripe has not received the request: nothing was done.")
        )

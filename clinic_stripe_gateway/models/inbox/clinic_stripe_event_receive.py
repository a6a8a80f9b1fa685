from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.lru import LRU

from odoo.addons.clinic_invoicing.second_cursor import second_cursor
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ...adapter import (
    EventHint,
    SignatureInvalid,
    is_readable_by_core,
    is_signed,
    read_verified,
)

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# The messages that this process has stored lately; Stripe repeats within minutes.
RECENT = LRU(4096)
EVENT_JOB = "clinic_stripe_gateway.ir_cron_process_events"


class ClinicStripeEvent(models.Model):
    """The way of messages into the inbox: verified, once, and fast."""

    _inherit = "clinic.stripe.event"

    @api.model
    def _receive(self, body, header):
        """Store a signed message once, and have it processed right away.

        :param bytes body: exactly as it was received
        :param str header: ``Stripe-Signature``
        :return: whether one of the practice's endpoints has signed it
        :rtype: bool
        """
        listeners = self._get_listeners()
        try:
            hint, position = read_verified(
                body, header, [listener.secret for listener in listeners]
            )
        except SignatureInvalid:
            _logger.warning("Refused a message to Stripe's webhook: not signed.")
            return False
        listener = listeners[position]
        if self._store_hints(listener, [hint], delivered=True):
            self._trigger_processing()
        else:
            self._set_delivered(listener, hint)
        # Only what is committed may be acknowledged without a look.
        self.env.cr.postcommit.add(lambda: self._remember_here(listener, body))
        return True

    @api.model
    def _is_readable_by_core(self, body):
        """Whether Core's processing can look for the message's transaction."""
        return is_readable_by_core(body)

    @api.model
    def _is_signed_for(self, provider, body, header):
        """Whether the provider's endpoint has signed this very body lately."""
        return any(
            is_signed(body, header, listener.secret)
            for listener in self._get_listeners()
            if listener.provider_id == provider.id
        )

    @api.model
    def _has_secret(self, provider):
        """Whether there is anything to verify the provider's messages with."""
        return any(
            listener.secret.strip()
            for listener in self._get_listeners()
            if listener.provider_id == provider.id
        )

    @api.model
    def _get_listeners(self):
        return self.env["payment.provider"]._clinic_stripe_get_listeners()

    @api.model
    def _get_listening_providers(self):
        return self.env["payment.provider"].browse(
            [listener.provider_id for listener in self._get_listeners()]
        )

    # === REPEATED MESSAGES === #

    @api.model
    def _is_repeated(self, body, header):
        """Whether this process has stored this very message a while ago, and nothing
        has been deleted since; then the database need not be asked.
        """
        version, provider_id = RECENT.get(self._key_here(body)) or (None, None)
        return version == self._version_here() and any(
            is_signed(body, header, listener.secret)
            for listener in self._get_listeners()
            if listener.provider_id == provider_id
        )

    def _remember_here(self, listener, body):
        RECENT[self._key_here(body)] = self._version_here(), listener.provider_id

    def _key_here(self, body):
        return self.env.cr.dbname, sha256(body).digest()

    def _version_here(self):
        """Return what changes whenever any process clears Odoo's own caches."""
        registry = self.env.registry
        return id(registry), registry.cache_sequences.get("default")

    def unlink(self):
        # Every process has to ask the database again.
        self.env.registry.clear_cache()
        return super().unlink()

    # === STORING === #

    @api.model
    def _store_hints(self, listener, hints, delivered=False):
        """Store the events that are not known yet, all in one query.

        :param bool delivered: whether Stripe's message about them has arrived
        :return: the new rows
        """
        if not hints:
            return self.browse()
        now = fields.Datetime.now()
        common = (listener.provider_id, delivered, "received", 0, now)
        common += (self.env.uid, now)
        values = [
            (
                hint.id,
                hint.type,
                hint.object_id,
                listener.livemode if hint.livemode is None else hint.livemode,
                *common,
            )
            for hint in hints
        ]
        # SQL: the ORM can only ask first and then create; two workers that receive
        # the same message at this moment would both create it.
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO clinic_stripe_event (
                       event_id, event_type, object_id, livemode,
                       provider_id, delivered, state, attempts, next_attempt,
                       create_uid, create_date
                   )
                   VALUES %s
                   ON CONFLICT (provider_id, event_id) DO NOTHING
                   RETURNING id""",
                SQL(", ").join(map(SQL, ["%s"] * len(values), values)),
            )
        )
        return self.browse([event_id for (event_id,) in rows])

    @api.model
    def _set_delivered(self, listener, hint):
        """Remember that the message about a known event has arrived as well."""
        # What was delivered before is only looked at: repeated messages cost little.
        self.search(
            [
                ("provider_id", "=", listener.provider_id),
                ("event_id", "=", hint.id),
                ("delivered", "=", False),
            ]
        ).delivered = True

    @api.model
    def _ask_later(self, tx):
        """Have a transaction's intent looked at soon, whatever becomes of this request.

        Its own cursor, because the request is about to be refused and rolled back.
        """
        with second_cursor(self.env) as cr:
            events = self.with_env(self.env(cr=cr))
            events._ask_about(
                tx.provider_id.id, "payment_intent.succeeded", tx.provider_reference
            )

    @api.model
    def _ask_about(self, provider_id, event_type, object_id):
        """Have an object looked at soon, as if Stripe had told about it just now."""
        provider = self.env["payment.provider"].browse(provider_id)
        listener = provider._clinic_stripe_as_listener()
        hint = EventHint(f"asked_{object_id}", event_type, object_id)
        row = self._store_hints(listener, [hint]) or self.search(
            [("provider_id", "=", provider_id), ("event_id", "=", hint.id)]
        )
        row.write({"state": "received", "next_attempt": fields.Datetime.now()})
        self._trigger_processing()
        return row

    # === PROCESSING SOON === #

    @api.model
    def _trigger_processing(self, at=None):
        """Have the inbox worked on then, unless somebody is about to do it.

        :param datetime at: in UTC; now by default
        """
        job_id = self.env["ir.model.data"]._xmlid_to_res_id(EVENT_JOB)
        if job_id and not self._is_processing_due(job_id, at or fields.Datetime.now()):
            # sudo: whoever may tell something may have it looked at.
            self.env["ir.cron"].sudo().browse(job_id)._trigger(at)

    @api.model
    def _is_processing_due(self, job_id, at):
        # SQL: a trigger that the job has taken already is locked by it, and would not
        # let it look at the inbox again; SKIP LOCKED leaves it out.
        return bool(
            self.env.execute_query(
                SQL(
                    """SELECT id FROM ir_cron_trigger
                       WHERE cron_id = %s AND call_at <= %s
                       LIMIT 1 FOR KEY SHARE SKIP LOCKED""",
                    job_id,
                    at,
                )
            )
        )

from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ..adapter import GatewayError

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# A message may arrive before what it is about is committed here.
ATTEMPTS_TO_MATCH = 5
FIRST_DELAY_SECONDS = 30
LONGEST_DELAY_SECONDS = 6 * 3600
# Larger powers would only be cut off by the longest delay.
MOST_DOUBLINGS = 12
KEEP_DAYS = 90


class ClinicStripeEvent(models.Model):
    """The inbox: what Stripe has told, kept until it is settled.

    An event is only a hint that an object has changed. The object is fetched, so
    that late, repeated or reordered events do no harm, and so that nothing of a
    message is stored but identifiers.
    """

    _name = "clinic.stripe.event"
    _description = "Stripe Event"
    _order = "id desc"
    _rec_name = "event_id"

    provider_id = fields.Many2one(
        "payment.provider", required=True, ondelete="cascade", readonly=True
    )
    event_id = fields.Char(required=True, readonly=True)
    event_type = fields.Char(required=True, readonly=True)
    object_id = fields.Char(readonly=True)
    livemode = fields.Boolean("Real Money", readonly=True)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("done", "Done"),
            ("ignored", "Ignored"),
            ("unmatched", "Unmatched"),
            ("failed", "Failed"),
        ],
        default="received",
        required=True,
        readonly=True,
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(
        readonly=True, default=fields.Datetime.now, required=True
    )
    reason = fields.Char(readonly=True)

    _once = models.Constraint(
        "UNIQUE (provider_id, event_id)", "This event has been received already."
    )
    _waiting_index = models.Index(
        "(next_attempt, id) WHERE state IN ('received', 'failed', 'unmatched')"
    )

    # === PROCESSING === #

    def action_retry(self):
        """Process these events now, whatever became of them before."""
        self.check_access("write")
        # sudo: settling reads keys and books payments.
        self.sudo()._process_one_by_one()

    @api.model
    def _get_waiting_domain(self):
        return (Domain("next_attempt", "<=", fields.Datetime.now())) & (
            Domain("state", "in", ("received", "failed"))
            | Domain("state", "=", "unmatched")
            & Domain("attempts", "<", ATTEMPTS_TO_MATCH)
        )

    @api.model
    def _cron_process(self, limit=100):
        """Settle what is waiting; called right after a message has been stored."""
        domain = self._get_waiting_domain()
        waiting = self.search(domain, order="next_attempt, id", limit=limit)
        remaining = self.search_count(domain)
        for event in waiting:
            remaining -= 1
            # Another worker may be settling it.
            if event.try_lock_for_update():
                event._process_one_by_one()
            self.env["ir.cron"]._commit_progress(1, remaining=remaining)

    def _process_one_by_one(self):
        for event in self:
            try:
                with self.env.cr.savepoint():
                    state, reason = event._settle()
            except psycopg2.OperationalError:
                # The transaction is lost; what is not done stays waiting.
                raise
            except Exception as error:  # noqa: BLE001 - kept visible, tried again
                state, reason = "failed", event._describe(error)
                _logger.warning("Stripe event %s failed: %s", event.event_id, reason)
            event._set_outcome(state, reason)

    def _describe(self, error):
        """Return why it failed; what Odoo says to users may name the payer."""
        if isinstance(error.__cause__, GatewayError):
            return str(error)
        return type(error).__name__

    @api.model
    def _get_settle_methods(self):
        """Return, by event type, the name of the method that settles the object."""
        return {}

    def _set_outcome(self, state, reason):
        self.ensure_one()
        doublings = min(self.attempts, MOST_DOUBLINGS)
        delay = min(FIRST_DELAY_SECONDS * 2**doublings, LONGEST_DELAY_SECONDS)
        self.write(
            {
                "state": state,
                "reason": reason,
                "attempts": self.attempts + 1,
                "next_attempt": fields.Datetime.now() + timedelta(seconds=delay),
            }
        )

    def _settle(self):
        """Act on what the event is about.

        :return: the event's new state and the reason for it
        :rtype: tuple[str, str | bool]
        """
        self.ensure_one()
        method = self._get_settle_methods().get(self.event_type)
        if not method:
            return "ignored", self.env._("Nothing is to be done for this type.")
        if self.livemode != self.provider_id._clinic_stripe_is_live():
            return "ignored", self.env._("It is of the other mode, test or live.")
        transactions = getattr(self, method)()
        if transactions is True:
            # It was about something else than a payment.
            return "done", False
        if transactions is None:
            return "ignored", self.env._("Another application has made it.")
        if not transactions:
            return "unmatched", self.env._("No transaction of Odoo belongs to it.")
        return self._book(transactions)

    def _book(self, transactions):
        """Book what has been paid.

        That the payment is known is kept even when it cannot be booked now, e.g.
        because of a lock date: the client must not be asked for it again.
        """
        try:
            with self.env.cr.savepoint():
                for tx in transactions.filtered(lambda tx: not tx.is_post_processed):
                    tx._post_process()
        except psycopg2.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - kept visible, tried again
            _logger.warning("Booking for event %s failed.", self.event_id)
            return "failed", self._describe(error)
        return "done", False

    # === HOUSEKEEPING === #

    @api.autovacuum
    def _gc_settled(self):
        """Forget settled events, long after Stripe has stopped repeating them."""
        self.search(
            [
                ("state", "in", ("done", "ignored")),
                ("create_date", "<", fields.Datetime.now() - timedelta(days=KEEP_DAYS)),
            ],
            limit=10_000,
        ).unlink()

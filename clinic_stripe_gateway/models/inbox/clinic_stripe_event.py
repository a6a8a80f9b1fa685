from datetime import timedelta
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.clinic_invoicing.models.guards.clinic_guarded import is_held_elsewhere
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ...adapter import GatewayError

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

KEEP_EVENT_DAYS = 90
# A message may arrive before what it is about is committed here.
ATTEMPTS_TO_MATCH = 5
FAILURES_TO_TELL = 2


class Outcome(NamedTuple):
    """What became of an event.

    :ivar str | bool reason: for it, in words that name nobody
    :ivar int | bool transaction_id: that it was about
    """

    state: str
    reason: str | bool = False
    transaction_id: int | bool = False


class ClinicStripeEvent(models.Model):
    """The inbox: what Stripe has told, kept until it is settled.

    An event is only a hint that an object has changed. The object is fetched, so
    that late, repeated or reordered events do no harm, and so that nothing of a
    message is stored but identifiers.
    """

    _name = "clinic.stripe.event"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
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
    delivered = fields.Boolean(
        readonly=True,
        help="Stripe's message has arrived; otherwise Odoo has found it by asking.",
    )
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
    transaction_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        index="btree_not_null",
        help="What the event was settled with, if it was about a payment or refund.",
    )
    disowned_by_id = fields.Many2one(
        "res.users",
        string="Not Ours, Says",
        readonly=True,
        help="Who has looked at the payment and said that it is not the practice's.",
    )
    company_id = fields.Many2one(related="provider_id.company_id")

    _once = models.Constraint(
        "UNIQUE (provider_id, event_id)", "This event has been received already."
    )
    _waiting_index = models.Index(
        "(next_attempt, id) WHERE state IN ('received', 'failed', 'unmatched')"
    )

    # === ACTION METHODS === #

    def action_retry(self):
        """Process these events now, whatever became of them before."""
        self._check_may_act()
        self.check_access("read")
        # sudo: settling reads keys and books payments.
        self.sudo()._process_one_by_one()

    def action_disown(self):
        """Close what another application of the same account has been paid for."""
        self._check_may_act()
        self.check_access("read")
        # sudo: nobody writes events; this only closes what waits for a person.
        unknown = self.sudo().filtered(lambda event: event.state == "unmatched")
        unknown.write(
            {
                "state": "ignored",
                "reason": self.env._("A manager says that it is not ours."),
                "disowned_by_id": self.env.uid,
            }
        )
        unknown._review_attention()

    def action_open_transaction(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "payment.transaction",
            "res_id": self.transaction_id.id,
            "view_mode": "form",
        }

    @api.model
    def _check_may_act(self):
        """Raise unless the user answers for the practice's payments."""
        groups = "clinic_invoicing.group_manager,base.group_system"
        if not self.env.su and not self.env.user.has_groups(groups):
            raise AccessError(self.env._("Only managers may have Stripe asked."))

    # === SETTLING === #

    def _process_one_by_one(self):
        for event in self:
            event._set_outcome(event._try_to_settle())
        self._review_attention()

    def _try_to_settle(self):
        """Return what becomes of the event; a failure undoes only its own work."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return self._settle()
        except psycopg2.OperationalError:
            # The transaction is lost; what is not done stays waiting.
            raise
        except psycopg2.errors.UniqueViolation as error:
            # Somebody has booked it since: the next attempt sees that.
            return self._fail(error) if self.attempts else Outcome("received")
        except Exception as error:  # noqa: BLE001 - kept visible, tried again
            if is_held_elsewhere(error):
                # Nothing is wrong with it: somebody is at that payment.
                raise
            return self._fail(error)

    def _settle(self):
        """Act on what the event is about.

        :rtype: Outcome
        """
        self.ensure_one()
        reason = self._get_reason_to_ignore()
        if reason:
            return Outcome("ignored", reason)
        transactions = getattr(self, self._get_settle_methods()[self.event_type])()
        if transactions is True:
            # It was about something else than a payment.
            return Outcome("done")
        if transactions is None:
            return Outcome("ignored", self.env._("Another application has made it."))
        if not transactions:
            return Outcome(
                "unmatched", self.env._("No transaction of Odoo belongs to it.")
            )
        return self._book(transactions)

    def _get_reason_to_ignore(self):
        if self.event_type not in self._get_settle_methods():
            return self.env._("Nothing is to be done for this type.")
        if self.livemode != self.provider_id._clinic_stripe_is_live():
            return self.env._("It is of the other mode, test or live.")
        return False

    @api.model
    def _reconsider(self, providers):
        """Look again at what was ignored because it was of the mode of now."""
        for provider in providers:
            self.search(
                [
                    ("provider_id", "=", provider.id),
                    ("state", "=", "ignored"),
                    ("disowned_by_id", "=", False),
                    ("livemode", "=", provider._clinic_stripe_is_live()),
                ]
            ).write({"state": "received", "next_attempt": fields.Datetime.now()})

    def _book(self, transactions):
        """Book what has been paid.

        That the payment is known is kept even when it cannot be booked now, e.g.
        because of a lock date: the client must not be asked for it again.
        """
        tx_id = transactions[:1].id
        try:
            with self.env.cr.savepoint():
                for tx in transactions.filtered(lambda tx: not tx.is_post_processed):
                    tx._post_process()
        except psycopg2.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - kept visible, tried again
            return self._fail(error, tx_id)
        return Outcome("done", transaction_id=tx_id)

    def _fail(self, error, transaction_id=False):
        """Return that the event failed and why, and leave a trace in the log."""
        reason = self._describe(error, is_known=bool(transaction_id))
        _logger.warning("Stripe event %s failed: %s", self.event_id, reason)
        return Outcome("failed", reason, transaction_id)

    def _describe(self, error, is_known=False):
        """Return why it failed, in words that name nobody.

        What Odoo and PostgreSQL say may name the payer: only the kind is told.
        """
        kind = type(error).__name__
        if isinstance(error.__cause__, GatewayError):
            return str(error)
        if is_known:
            return self.env._(
                "The payment is known but could not be booked (%(kind)s): look at lock "
                "dates, the journal of the provider and the payer's accounts.",
                kind=kind,
            )
        return self.env._(
            "Odoo could not work on it (%(kind)s). It is tried again by itself; if "
            "that does not help, whoever looks after your Odoo finds more in its log.",
            kind=kind,
        )

    # === ATTENTION OF MANAGERS === #

    @api.model
    def _get_attention_domains(self):
        """Return what does not settle itself, as far as one can tell, by its kind."""
        return (
            Domain("state", "=", "failed") & Domain("attempts", ">=", FAILURES_TO_TELL),
            Domain("state", "=", "unmatched")
            & Domain("attempts", ">=", ATTEMPTS_TO_MATCH),
        )

    def _review_attention(self):
        """Have one open activity for each provider and kind of what to look at.

        It stands on one of the events: an outage must not make thousands of them. What
        is unmatched may stay so for long, and must not hide that something fails.
        """
        kinds = self._get_attention_domains()
        for provider in self.provider_id:
            ours = Domain("provider_id", "=", provider.id)
            told = self.search(ours & Domain("activity_ids", "!=", False))
            # What is settled needs nobody any more.
            settled = told - told.filtered_domain(Domain.OR(kinds))
            settled.activity_ids.unlink()
            for kind in kinds:
                if not told.filtered_domain(kind):
                    self._tell_about(provider, ours & kind)

    @api.model
    def _tell_about(self, provider, domain):
        event = self.search(domain, order="id", limit=1)
        if event:
            provider.company_id._clinic_tell_managers(
                event,
                self.env._("Messages from Stripe need attention"),
                self.env._(
                    "Payments may be missing in the books. Open Clinic Billing, Stripe "
                    "Events: each says why, and how to try again."
                ),
            )

    # === HOUSEKEEPING === #

    @api.autovacuum
    def _gc_settled(self):
        """Forget settled events, long after Stripe has stopped repeating them."""
        self.search(
            [
                ("state", "in", ("done", "ignored")),
                (
                    "create_date",
                    "<",
                    fields.Datetime.now() - timedelta(days=KEEP_EVENT_DAYS),
                ),
            ],
            limit=10_000,
        ).unlink()

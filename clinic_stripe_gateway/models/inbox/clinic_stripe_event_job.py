import itertools
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.clinic_invoicing.actions import RELOAD, notification
from odoo.addons.clinic_invoicing.models.guards.clinic_guarded import is_held_elsewhere
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

from ...backoff import doubled
from ...unix_time import to_seconds
from .clinic_stripe_event import ATTEMPTS_TO_MATCH, Outcome

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)


# How often the job runs by itself (`ir_cron_process_events`).
INTERVAL = timedelta(minutes=5)
FIRST_EVENT_DELAY_SECONDS = 30
# How long those who hold a payment are given, before it is looked at again.
WAIT_FOR_LOCK_SECONDS = 0.5
# What is unmatched for good is looked for now and then: somebody may restore it.
LATE_DELAY_DAYS = 1
BATCH_SIZE = 1000
WAITING = ("received", "failed", "unmatched")
# Its events need no look at Stripe once their payment is settled.
METHOD_OF_PAYMENTS = "_settle_payment_intent"
# Stripe lists an event a moment after it was made, and clocks differ.
OVERLAP = timedelta(hours=1)
# How long Stripe itself repeats what it could not deliver.
FIRST_LOOK_BACK = timedelta(days=3)
# How long Stripe remembers events.
LONGEST_LOOK_BACK = timedelta(days=30)
WINDOW = timedelta(days=1)


class ClinicStripeEvent(models.Model):
    """The jobs that work on the inbox, batch by batch, and ask for what is not in it.

    Messages do not arrive while the endpoint is down or its secret is wrong, or this
    database was restored from a backup: then Stripe has told, and nobody knows.
    """

    _inherit = "clinic.stripe.event"

    @api.model
    def _get_waiting_domain(self, until=None):
        """Return the domain of what is due by then.

        :param datetime until: in UTC; now by default
        """
        return Domain("state", "in", WAITING) & Domain(
            "next_attempt", "<=", until or fields.Datetime.now()
        )

    @api.model
    def _cron_process(self, limit=BATCH_SIZE):
        """Settle what is waiting; called right after a message has been stored.

        What is plain is done in a few statements for the whole batch. The rest is
        settled object by object, each committed.
        """
        domain = self._get_waiting_domain()
        found = self.search(domain, order="next_attempt, id", limit=limit)
        batch = found.try_lock_for_update()
        remaining = self.search_count(domain) - len(batch)
        plain = batch._ignore_foreign()
        plain |= (batch - plain)._settle_known()
        batch._review_attention()
        self._commit_work(len(plain), remaining + len(batch - plain))
        for group in (batch - plain)._group_by_object():
            remaining_time = group._process_and_commit()
            if not remaining_time:
                break
        self._come_back_soon()

    @api.model
    def _come_back_soon(self):
        """Have the job run for the next attempt that is due before its own time."""
        due = self._get_waiting_domain(fields.Datetime.now() + INTERVAL)
        following = self.search(due, order="next_attempt, id", limit=1)
        if following:
            self._trigger_processing(following.next_attempt)

    @api.model
    def _commit_work(self, done, remaining=None):
        """Commit and return how many seconds are left for this run."""
        return self.env["ir.cron"]._commit_progress(done, remaining=remaining)

    # === WHAT NEEDS NO LOOK AT STRIPE === #

    def _ignore_foreign(self):
        """Close the events that nothing is to be done about; return them."""
        by_reason = self.grouped(lambda event: event._get_reason_to_ignore())
        by_reason.pop(False, None)
        for reason, events in by_reason.items():
            events._set_outcome(Outcome("ignored", reason))
        return self.browse().union(*by_reason.values())

    def _settle_known(self):
        """Close the events of payments that are paid and booked; return them.

        Nothing that Stripe could say of those would change them: a payment that has
        succeeded stays so, and refunds and disputes have events of their own.
        """
        methods = self._get_settle_methods()
        events = self.filtered(
            lambda event: methods[event.event_type] == METHOD_OF_PAYMENTS
        )
        pairs = events._get_provider_pairs()
        if not pairs:
            return self.browse()
        self.env.flush_all()
        # SQL: the same for ten events and for a thousand. Captures share the payment
        # of their source: all of them must be settled.
        rows = self.env.execute_query(
            SQL(
                """UPDATE clinic_stripe_event event
                   SET state = 'done', reason = NULL, transaction_id = tx.id,
                       attempts = COALESCE(attempts, 0) + 1,
                       write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                   FROM (
                       SELECT provider_id, provider_reference, min(id) AS id
                       FROM payment_transaction
                       WHERE provider_reference IN %s
                       GROUP BY provider_id, provider_reference
                       HAVING bool_and(
                           state = 'done' AND is_post_processed
                           AND tokenize IS NOT TRUE
                       )
                   ) tx, (VALUES %s) pair (told, paid)
                   WHERE event.id IN %s AND event.object_id = tx.provider_reference
                     AND event.provider_id = pair.told AND tx.provider_id = pair.paid
                   RETURNING event.id""",
                self.env.uid,
                tuple(events.mapped("object_id")),
                SQL(", ").join(SQL("%s", pair) for pair in pairs),
                tuple(events.ids),
            )
        )
        self.invalidate_model()
        return self.browse(dict.fromkeys(event_id for (event_id,) in rows))

    def _get_provider_pairs(self):
        """Return which provider's event may settle whose payment.

        Companies may share an account, and then its endpoint signs for all of them.
        """
        listeners = self._get_listeners()
        told = [each for each in listeners if each.provider_id in self.provider_id.ids]
        return [
            (one.provider_id, other.provider_id)
            for one, other in itertools.product(told, listeners)
            if one.secret == other.secret
        ]

    # === ONE OBJECT AT A TIME === #

    def _group_by_object(self):
        """Return the events that one look at Stripe settles, together."""
        methods = self._get_settle_methods()
        return self.grouped(
            lambda event: (
                event.provider_id,
                methods.get(event.event_type),
                event.object_id or event.event_id,
            )
        ).values()

    def _process_and_commit(self):
        """Settle events about the same object; return how many seconds are left."""
        try:
            # The lock on the batch went with its commit; somebody may have pressed
            # the button meanwhile.
            events = self.try_lock_for_update().filtered_domain(
                self._get_waiting_domain()
            )
            if events:
                events._set_outcome(events[-1]._try_to_settle())
                events._review_attention()
            return self._commit_work(len(self))
        except Exception as error:
            if not is_held_elsewhere(error):
                raise
            return self._wait_for_somebody()

    def _wait_for_somebody(self):
        """Let it wait while somebody else works on that payment; the job comes back.

        :return: how many seconds are left for this run
        """
        # Roll back: what this one has done is not whole. The job comes back at once,
        # and must not ask a thousand times for one lock.
        self.env.cr.rollback()
        self.env.invalidate_all()
        time.sleep(WAIT_FOR_LOCK_SECONDS)
        return self._commit_work(0)

    # === OUTCOMES === #

    def _set_outcome(self, outcome):
        """Write the same outcome to these events, in one statement for each delay."""
        for attempts, events in self.grouped("attempts").items():
            delay = self._get_delay(outcome.state, attempts)
            events.write(
                {
                    **outcome._asdict(),
                    "attempts": attempts + 1,
                    "next_attempt": fields.Datetime.now() + delay,
                }
            )

    @api.model
    def _get_delay(self, state, attempts):
        """Return how long to wait before the next attempt, later and later."""
        if state == "unmatched" and attempts + 1 >= ATTEMPTS_TO_MATCH:
            return timedelta(days=LATE_DELAY_DAYS)
        return doubled(FIRST_EVENT_DELAY_SECONDS, attempts)

    # === WHAT STRIPE'S MESSAGES DID NOT BRING === #

    def action_ask_stripe(self):
        """Fetch now what has not been delivered; the button needs no selection."""
        self._check_may_act()
        # sudo: managers have Stripe asked; the key is for administrators.
        events = self.sudo()
        found = events.browse()
        for provider in events._get_askable_providers():
            if provider.company_id in self.env.companies._clinic_get_lineage():
                found |= events._sweep(provider)
        return notification(
            "success",
            self.env._(
                "Stripe named %(count)s events that had not arrived.",
                count=len(found),
            ),
            then=RELOAD,
        )

    @api.model
    def _cron_sweep(self):
        for provider in self._get_askable_providers():
            try:
                self._sweep(provider, commit=True)
            except ValidationError:
                # Its reason is in the log; the next run starts where this one ended.
                _logger.warning("Provider %s could not ask for events.", provider.id)

    @api.model
    def _get_askable_providers(self):
        return self._get_listening_providers().filtered("stripe_secret_key")

    @api.model
    def _sweep(self, provider, commit=False):
        """Store the events since the last time that are not here yet; return them."""
        listener = provider._clinic_stripe_as_listener()
        types = sorted(self._get_settle_methods())
        now = fields.Datetime.now()
        since = self._get_start_of_sweep(provider, now)
        found = self.browse()
        while since < now:
            until = since + WINDOW
            hints = provider._clinic_stripe_call(
                "list_events",
                types,
                to_seconds(since),
                # What Stripe's clock calls the future is not left out.
                to_seconds(until) if until < now else None,
            )
            found |= self._store_hints(listener, hints)
            since = provider.clinic_stripe_swept_until = min(until, now)
            if commit and not self._commit_work(1, remaining=0):
                # The next run goes on where this one ended.
                break
        if found:
            self._trigger_processing()
        return found

    @api.model
    def _get_start_of_sweep(self, provider, now):
        last = provider.clinic_stripe_swept_until
        start = last - OVERLAP if last else now - FIRST_LOOK_BACK
        return max(start, now - LONGEST_LOOK_BACK)

from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.clinic_invoicing.actions import RELOAD, notification
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# Stripe lists an event a moment after it was made, and clocks differ.
OVERLAP = timedelta(hours=1)
# How long Stripe itself repeats what it could not deliver.
FIRST_LOOK_BACK = timedelta(days=3)
# How long Stripe remembers events.
LONGEST_LOOK_BACK = timedelta(days=30)
WINDOW = timedelta(days=1)


class ClinicStripeEvent(models.Model):
    """Stripe is asked for what its messages did not bring.

    The endpoint was down, its secret was wrong, or this database was restored from a
    backup: then Stripe has told, and nobody knows.
    """

    _inherit = "clinic.stripe.event"

    def action_ask_stripe(self):
        """Fetch now what has not been delivered; the button needs no selection."""
        self._check_may_act()
        # sudo: managers have Stripe asked; the key is for administrators.
        events = self.sudo()
        found = events.browse()
        for provider in events._get_askable_providers():
            if provider.company_id in self.env.companies:
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
                _to_seconds(since),
                # What Stripe's clock calls the future is not left out.
                _to_seconds(until) if until < now else None,
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


def _to_seconds(moment):
    return int(moment.replace(tzinfo=timezone.utc).timestamp())

from odoo import api, models
from odoo.fields import Domain

from .clinic_stripe_event_job import ATTEMPTS_TO_MATCH

FAILURES_TO_TELL = 2


class ClinicStripeEvent(models.Model):
    """Managers are told, once, that there is something to look at."""

    _inherit = "clinic.stripe.event"

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

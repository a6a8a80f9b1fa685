from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.payment_stripe import utils as stripe_utils

# Stripe tells of an event within seconds; what it has not told by then is missed.
DELIVERY_TIME = timedelta(hours=1)
# One that was missed is enough; those that the other companies got are left out.
LATEST = 1000


class PaymentProvider(models.Model):
    """Whether Stripe's messages arrive, or Odoo only finds them by asking."""

    _inherit = "payment.provider"

    def _clinic_stripe_look_at_delivery(self):
        """Return when a message arrived last, and whether later ones were missed."""
        last = self._clinic_stripe_get_last_delivery()
        if self._clinic_stripe_is_unheard():
            text = self.env._(
                "Stripe's messages do not arrive at %(url)s: Odoo only finds out by "
                "asking. Repair the endpoint; if that does not help, see whether the "
                "address can be reached from outside.",
                url=self._get_stripe_webhook_url(),
            )
            return "delivery", "warning", text
        if not last:
            text = self.env._("Stripe has not told anything yet.")
            return "delivery", "warning", text
        text = self.env._(
            "%(type)s on %(date)s UTC",
            type=last.event_type,
            date=fields.Datetime.to_string(last.create_date),
        )
        return "delivery", "ok", text

    def _clinic_stripe_is_unheard(self):
        """Whether Odoo had to ask for events that came after the last message."""
        last = self._clinic_stripe_get_last_delivery()
        # sudo: it may have been delivered to another company.
        events = self.env["clinic.stripe.event"].sudo()
        missed = events.search(
            self._clinic_stripe_get_told_domain()
            & Domain("delivered", "=", False)
            & Domain("id", ">", last.id or 0)
            & Domain("create_date", "<", fields.Datetime.now() - DELIVERY_TIME),
            order="id desc",
            limit=LATEST,
        )
        # Companies that share an account share its endpoint, and each asks for itself.
        arrived = events.search(
            self._clinic_stripe_get_told_domain()
            & Domain("delivered", "=", True)
            & Domain("event_id", "in", missed.mapped("event_id"))
        )
        return bool(set(missed.mapped("event_id")) - set(arrived.mapped("event_id")))

    def _clinic_stripe_get_last_delivery(self):
        # sudo: an endpoint that is shared delivers to one of its companies.
        events = self.env["clinic.stripe.event"].sudo()
        return events.search(
            self._clinic_stripe_get_told_domain() & Domain("delivered", "=", True),
            order="id desc",
            limit=1,
        )

    def _clinic_stripe_get_told_domain(self):
        """Return the domain of Stripe's own events, not of Odoo's hints to itself."""
        sharers = self._clinic_stripe_get_endpoint_sharers()
        return Domain("provider_id", "in", sharers.ids) & Domain(
            "event_id", "=like", "evt\\_%"
        )

    def _clinic_stripe_get_endpoint_sharers(self):
        """Return the providers, this one included, that one endpoint signs for."""
        self.ensure_one()
        secret = stripe_utils.get_webhook_secret(self)
        if not secret:
            return self
        # sudo: the administrator of this company need not see the other's provider.
        others = self.sudo().search(
            [("code", "=", "stripe"), ("stripe_webhook_secret", "=", secret)]
        )
        return self | others.with_env(self.env)

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import ormcache

from odoo.addons.payment_stripe import utils as stripe_utils

# What decides who listens, and to whom.
DECIDING_FIELDS = {"code", "state", "stripe_webhook_secret", "stripe_secret_key"}


class Listener(NamedTuple):
    """A provider that messages may be meant for.

    :ivar str secret: with which its endpoint signs
    :ivar bool livemode: whether its key moves real money
    """

    provider_id: int
    secret: str
    livemode: bool


class PaymentProvider(models.Model):
    """The providers that Stripe may have told something, known without a query."""

    _inherit = "payment.provider"

    clinic_stripe_swept_until = fields.Datetime(
        "Stripe Asked Until",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Stripe has been asked for undelivered events up to this moment.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _clinic_stripe_before_write(self, vals):
        if DECIDING_FIELDS & vals.keys():
            self.env.registry.clear_cache()
        return super()._clinic_stripe_before_write(vals)

    def _clinic_stripe_after_new_key(self):
        """Ask anew what has happened: another account has other events."""
        result = super()._clinic_stripe_after_new_key()
        self._clinic_unguarded().write({"clinic_stripe_swept_until": False})
        # sudo: who enters a key need not read what Stripe has told.
        self.env["clinic.stripe.event"].sudo()._reconsider(self)
        return result

    # === LISTENERS === #

    @api.model
    @ormcache()
    def _clinic_stripe_get_listeners(self):
        """Return every enabled provider with the secret of its endpoint.

        :rtype: tuple[Listener]
        """
        # sudo: secrets are for administrators; Stripe has no user at all.
        providers = self.sudo().search(
            [("code", "=", "stripe"), ("state", "!=", "disabled")]
        )
        return tuple(provider._clinic_stripe_as_listener() for provider in providers)

    def _clinic_stripe_as_listener(self):
        # sudo: as above.
        secret = stripe_utils.get_webhook_secret(self.sudo()) or ""
        return Listener(self.id, secret, self._clinic_stripe_is_live())

from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.clinic_invoicing.server_side import tell

from ...adapter import GatewayError, OutcomeUnknown, TryLater
from .payment_provider import PROVEN_ACCOUNT

# What Stripe's keys begin with; a restricted key is a secret one.
BEGINNINGS = {
    "stripe_publishable_key": ("pk_",),
    "stripe_secret_key": ("sk_", "rk_"),
    "stripe_webhook_secret": ("whsec_",),
}
API_KEYS = ("stripe_publishable_key", "stripe_secret_key")
MODES = {"test", "live"}


class PaymentProvider(models.Model):
    """Keys that do not work do not replace those that do."""

    _inherit = "payment.provider"

    # === WITHOUT ASKING STRIPE === #

    @api.constrains(*BEGINNINGS)
    def _check_clinic_stripe_keys(self):
        """Raise ValidationError for a key in another one's place.

        What begins like none of Stripe's is left to Stripe.
        """
        # sudo: secrets are for administrators; nothing of them is told.
        for provider in self.sudo().filtered(lambda one: one.code == "stripe"):
            for name in BEGINNINGS:
                provider._clinic_stripe_check_place(name)
            provider._clinic_stripe_check_modes()

    def _clinic_stripe_check_place(self, name):
        others = set(BEGINNINGS) - {name}
        wrong = [start for other in others for start in BEGINNINGS[other]]
        if (self[name] or "").strip().startswith(tuple(wrong)):
            raise ValidationError(
                self.env._(
                    "This is not a key for the field %(field)s: there it begins with "
                    "%(start)s.",
                    field=self._fields[name]._description_string(self.env),
                    start=" / ".join(BEGINNINGS[name]),
                )
            )

    def _clinic_stripe_check_modes(self):
        modes = {_get_mode(self[name]) for name in API_KEYS} & MODES
        if len(modes) > 1:
            raise ValidationError(
                self.env._(
                    "One key is for real payments, the other for tests. Enter two of "
                    "one kind."
                )
            )

    # === ASKING STRIPE === #

    def web_save(self, vals, *args, **kwargs):
        """Ask Stripe about keys that somebody has typed before they are stored.

        A button saves the form before it does anything: Check Keys would come too
        late. Programs that write keys are not asked.
        """
        keys = self._clinic_stripe_get_typed_keys(vals)
        if not keys:
            return super().web_save(vals, *args, **kwargs)
        account = self._clinic_stripe_prove_keys(*keys)
        # context: nobody writes by hand which account it is.
        proven = self.with_context(**tell(**{PROVEN_ACCOUNT: account}))
        return super(PaymentProvider, proven).web_save(vals, *args, **kwargs)

    def _clinic_stripe_get_typed_keys(self, vals):
        """Return both keys as they would be, nothing if none was typed anew."""
        is_admin = self.env.user.has_group("base.group_system")
        if len(self) != 1 or not is_admin or self.code != "stripe":
            return None
        if not self._clinic_stripe_uses_sdk():
            return None
        before = [self[name] or "" for name in API_KEYS]
        now = [vals.get(name, self[name]) or "" for name in API_KEYS]
        return now if now != before and all(now) else None

    def _clinic_stripe_prove_keys(self, publishable, secret):
        """Return the account of two keys.

        :return: nothing when Stripe could not be asked and no others were proven
        :raise ValidationError: they do not work; those that do are kept
        """
        gateway = self._clinic_stripe_get_gateway(secret)
        try:
            account_id = gateway.check_keys(publishable)
        except GatewayError as error:
            nobody_knows = isinstance(error, OutcomeUnknown | TryLater)
            if nobody_knows and not self.clinic_stripe_account_ref:
                return False
            raise ValidationError(
                self.env._(
                    "These keys were not saved; those before stay in use. %(reason)s",
                    reason=self._clinic_stripe_explain(error),
                )
            ) from error
        return self._clinic_stripe_make_account_ref(account_id, secret)


def _get_mode(key):
    """Return which mode a key says that it is of."""
    return "".join((key or "").split("_")[1:2])

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from odoo.addons.clinic_invoicing.actions import RELOAD, notification
from odoo.addons.clinic_invoicing.server_side import heard, tell
from odoo.addons.payment_stripe import utils as stripe_utils

from ...adapter import GatewayError, OutcomeUnknown, TryLater

# What Stripe's keys begin with; a restricted key is a secret one.
BEGINNINGS = {
    "stripe_publishable_key": ("pk_",),
    "stripe_secret_key": ("sk_", "rk_"),
    "stripe_webhook_secret": ("whsec_",),
}
API_KEYS = ("stripe_publishable_key", "stripe_secret_key")
MODES = {"test", "live"}
# context: which account keys are of that have been proven to work.
PROVEN_ACCOUNT = "clinic_stripe_proven_account"


class PaymentProvider(models.Model):
    """Keys, and the account that they are of: one that fails replaces none."""

    _inherit = "payment.provider"

    clinic_stripe_account_ref = fields.Char(
        string="Stripe Account",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The account and mode of the secret key, as Stripe told us.",
    )

    # === CONSTRAINTS === #

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

    # === CRUD METHODS === #

    def write(self, vals):
        """Let what depends on keys and states follow them."""
        self._clinic_stripe_before_write(vals)
        if "stripe_secret_key" in vals:
            # Cards that come back with a state are compared with the new key's account.
            self._clinic_unguarded().write({"clinic_stripe_account_ref": False})
        result = super().write(vals)
        if "stripe_secret_key" in vals:
            self._clinic_stripe_after_new_key()
        return result

    def _clinic_stripe_before_write(self, vals):
        """Do what has to be done before these values are written.

        Rooms below add to it.
        """

    def _clinic_stripe_after_new_key(self):
        """Forget what was known of the account. Rooms below add to it.

        Another key may be of another account, or of the same in another mode.
        """
        proven = heard(self.env, PROVEN_ACCOUNT) or False
        self._clinic_unguarded().write({"clinic_stripe_account_ref": proven})

    # === ACTION METHODS === #

    def action_clinic_stripe_check_keys(self):
        """Prove that both keys work together, and remember whose they are."""
        self.ensure_one()
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only administrators may check the keys."))
        account_id = self._clinic_stripe_call(
            "check_keys", stripe_utils.get_publishable_key(self) or ""
        )
        account_ref = self._clinic_stripe_make_account_ref(account_id)
        self._clinic_unguarded().clinic_stripe_account_ref = account_ref
        self.env["payment.token"]._clinic_get_aside(self)._clinic_bring_back()
        return notification(
            "success",
            self.env._("Both belong to the account %(account)s.", account=account_id),
            title=self.env._("The keys work"),
            then=RELOAD,
        )

    # === KEYS THAT SOMEBODY TYPES === #

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

    # === ACCOUNT === #

    def _clinic_stripe_get_account_ref(self):
        """Return which account and mode the secret key belongs to."""
        self.ensure_one()
        # sudo: asked for while a payer pays.
        provider = self.sudo()
        if not provider.clinic_stripe_account_ref:
            provider.clinic_stripe_account_ref = (
                provider._clinic_stripe_make_account_ref(
                    provider._clinic_stripe_call("get_account_id")
                )
            )
        return provider.clinic_stripe_account_ref

    def _clinic_stripe_make_account_ref(self, account_id, secret_key=None):
        key = secret_key or stripe_utils.get_secret_key(self) or ""
        return f"{account_id}/{'test' if _get_mode(key) == 'test' else 'live'}"

    def _clinic_stripe_is_live(self):
        """Whether the secret key moves real money."""
        # sudo: keys are for administrators; only their kind is told.
        key = stripe_utils.get_secret_key(self.sudo()) or ""
        return _get_mode(key) != "test"


def _get_mode(key):
    """Return which mode a key says that it is of."""
    return "".join((key or "").split("_")[1:2])

import uuid

from odoo import models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.clinic_invoicing.actions import RELOAD, notification
from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils


class PaymentProvider(models.Model):
    """The endpoint at which Stripe tells this database what has happened."""

    _inherit = "payment.provider"

    # === ACTION METHODS === #

    def action_stripe_create_webhook(self):
        """Create an endpoint for all that the gateway handles.

        Core's transport handles less: with it, Core's endpoint is made.
        """
        self.ensure_one()
        self.check_access("write")
        secret_key = stripe_utils.get_secret_key(self)
        if self.code != "stripe" or not self._clinic_stripe_uses_sdk():
            return super().action_stripe_create_webhook()
        if stripe_utils.get_webhook_secret(self):
            return self._clinic_stripe_notify(
                "warning", self.env._("The webhook is already set up.")
            )
        if not secret_key:
            return self._clinic_stripe_notify(
                "danger", self.env._("Enter the secret key first.")
            )
        if not self._clinic_stripe_share_secret():
            self._clinic_stripe_create_endpoint()
        return self._clinic_stripe_notify(
            "success", self.env._("Stripe tells Odoo about payments from now on.")
        )

    def action_clinic_stripe_repair_endpoint(self):
        """Bring the endpoint in order: update it, or make one and store its secret.

        One whose messages do not arrive is replaced: it may sign with another secret.
        """
        self.ensure_one()
        self.check_access("write")
        if self.code != "stripe" or not stripe_utils.get_secret_key(self):
            raise UserError(self.env._("Enter the secret key first."))
        if not self._clinic_stripe_uses_sdk():
            raise UserError(
                self.env._(
                    "The SDK is switched off: Odoo's own button makes the endpoint."
                )
            )
        endpoints = self._clinic_stripe_get_endpoints()
        if endpoints and self._clinic_stripe_has_good_secret():
            self._clinic_stripe_call(
                "repair_endpoint",
                endpoints[0],
                self._clinic_stripe_get_wanted_events(),
                idempotency_key=str(uuid.uuid4()),
            )
        else:
            sharers = self._clinic_stripe_get_endpoint_sharers() - self
            self._clinic_stripe_create_endpoint()
            # sudo: what signs for this company signs for those as well.
            sharers.sudo().stripe_webhook_secret = self.stripe_webhook_secret
            if not self._clinic_stripe_delete_endpoints(endpoints):
                return self._clinic_stripe_notify(
                    "warning",
                    self.env._(
                        "The webhook is in order. An older one could not be removed: "
                        "delete it at Stripe."
                    ),
                )
        self.action_clinic_stripe_check_health()
        return self._clinic_stripe_notify(
            "success", self.env._("The webhook is in order.")
        )

    # === HELPERS === #

    def _clinic_stripe_delete_endpoints(self, endpoints):
        """Remove endpoints that were replaced; return whether all are gone.

        Nobody knows what they sign with: Stripe shows a secret only once. One that
        stays must not undo that the secret of the new one was stored.
        """
        try:
            for endpoint in endpoints:
                self._clinic_stripe_call("delete_endpoint", endpoint.id)
        except ValidationError:
            return False
        return True

    def _clinic_stripe_has_good_secret(self):
        """Whether there is a secret, perhaps another company's, that may be right."""
        if stripe_utils.get_webhook_secret(self):
            return not self._clinic_stripe_is_unheard()
        return self._clinic_stripe_share_secret()

    def _clinic_stripe_create_endpoint(self):
        """Create the endpoint and store its secret; Stripe tells it only now."""
        self.ensure_one()
        answer = self._send_api_request(
            "POST",
            "webhook_endpoints",
            data={
                "url": self._get_stripe_webhook_url(),
                "enabled_events[]": self._clinic_stripe_get_wanted_events(),
                # Here any version will do; Core, alone again, could read no other.
                "api_version": stripe_const.API_VERSION,
            },
            # One that tells nothing: an earlier endpoint may have been deleted, and
            # its secret must not come back.
            idempotency_key=str(uuid.uuid4()),
        )
        self.stripe_webhook_secret = answer.get("secret")

    def _clinic_stripe_share_secret(self):
        """Take the secret of another company's provider for the same account.

        They have this database's address in common, and so the endpoint: another one
        would sign what the first one has signed.

        :return: whether there is one
        :rtype: bool
        """
        self.ensure_one()
        # sudo: the administrator of this company need not see the other's provider.
        others = self.sudo().search(
            [
                ("id", "!=", self.id),
                ("code", "=", "stripe"),
                ("state", "!=", "disabled"),
                ("stripe_webhook_secret", "!=", False),
            ]
        )
        account = others and self._clinic_stripe_get_account_ref()
        same = others.filtered(lambda each: each.clinic_stripe_account_ref == account)
        if same:
            self.stripe_webhook_secret = stripe_utils.get_webhook_secret(same[0])
        return bool(same)

    def _clinic_stripe_get_endpoints(self):
        """Return the endpoints with this database's address, the best first."""
        url = self._get_stripe_webhook_url()
        endpoints = [
            endpoint
            for endpoint in self._clinic_stripe_call("list_endpoints")
            if endpoint.url == url
        ]
        wanted = self._clinic_stripe_get_wanted_events()
        return sorted(
            endpoints, key=lambda e: (not e.is_enabled, len(e.missing(wanted)))
        )

    def _clinic_stripe_get_wanted_events(self):
        return sorted(self.env["clinic.stripe.event"]._get_settle_methods())

    def _clinic_stripe_notify(self, kind, message):
        """Return the action that tells something and shows the form anew."""
        return notification(kind, message, then=RELOAD)

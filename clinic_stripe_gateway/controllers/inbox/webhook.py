from werkzeug.exceptions import Forbidden

from odoo import SUPERUSER_ID
from odoo.http import request, route

from odoo.addons.payment_stripe.controllers.main import StripeController

# Stripe's messages are some kilobytes long.
LONGEST_MESSAGE = 4 * 2**20


class ClinicStripeWebhook(StripeController):
    """The address at which Stripe tells this database what has happened."""

    # Nobody is looked up who could have sent it: the signature alone decides. What a
    # proxy adds to the address, or takes for a form, is not logged as unknown.
    @route(
        auth="none",
        save_session=False,
        clinic_for_machines=True,
        max_content_length=LONGEST_MESSAGE,
    )
    def stripe_webhook(self, **_kwargs):
        """Store what Stripe has signed, and answer; it is processed afterwards."""
        # Stripe has no user; nothing is read before the signature is verified.
        events = request.env["clinic.stripe.event"].with_user(SUPERUSER_ID)
        if not events.env["payment.provider"]._clinic_stripe_uses_sdk():
            self._clinic_check_for_core(events)
            return super().stripe_webhook()
        if not events._receive(*_message()):
            raise Forbidden()
        return request.make_json_response("")

    def _clinic_check_for_core(self, events):
        """Refuse what Core cannot read; what it reads must be signed all the same."""
        body, _signature = _message()
        if not events._is_readable_by_core(body):
            raise Forbidden()
        # What Core declares for its own webhook.
        request.env["ir.http"]._auth_method_public()

    def _verify_signature(self, tx_sudo):
        """Refuse what Core lets pass or stumbles over.

        Used by Core's processing only. Core believes everything where there is no
        secret; where there is one, it has nothing to go by without a signature.
        """
        events = tx_sudo.env["clinic.stripe.event"]
        body, signature = _message()
        if events._is_signed_for(tx_sudo.provider_id, body, signature):
            return
        if signature or not events._has_secret(tx_sudo.provider_id):
            raise Forbidden()
        try:
            super()._verify_signature(tx_sudo)
        except (KeyError, ValueError) as error:
            raise Forbidden() from error


def _message():
    """Return the body exactly as it was received, and what is said to sign it."""
    signature = request.httprequest.headers.get("Stripe-Signature", "")
    return request.httprequest.get_data(), signature

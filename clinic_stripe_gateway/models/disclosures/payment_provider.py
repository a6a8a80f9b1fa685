import re

from odoo import models

from odoo.addons.clinic_invoicing.server_side import heard, tell

# context: whom a request is about, where the request itself does not tell.
ABOUT = "clinic_stripe_about"
INTENT_ID = re.compile(r"(?:pi|seti)_[A-Za-z0-9]+")
METHOD_ID = re.compile(r"(?:pm|card|src)_[A-Za-z0-9]+")


class PaymentProvider(models.Model):
    """Providers that write down what they send and about whom, before they send it."""

    _inherit = "payment.provider"

    def _clinic_stripe_about(self, partner):
        """Return the provider for requests that are about a payer."""
        # context: the request goes through methods of Core, which do not pass it on.
        return self.with_context(**tell(**{ABOUT: partner.id}))

    def _clinic_stripe_disclose(self, method, endpoint, pairs):
        """Write down what is about to leave, and about whom it is.

        :return: a function that takes the id of what Stripe answers with
        """
        super()._clinic_stripe_disclose(method, endpoint, pairs)
        partner_ref = heard(self.env, ABOUT) or self._clinic_stripe_find_payer(
            endpoint, dict(pairs)
        )
        # sudo: payers cause what is written, and may not write it themselves.
        return (
            self.env["clinic.stripe.disclosure"]
            .sudo()
            ._record(self.sudo(), partner_ref, method, endpoint, pairs)
        )

    def _clinic_stripe_find_payer(self, endpoint, sent):
        """Return the id of the payer whom the ids in a request belong to, if any."""
        # sudo: payers may not look for transactions, cards and customers.
        env = self.sudo().env
        intent = INTENT_ID.search(f"{endpoint} {sent.get('payment_intent', '')}")
        method = METHOD_ID.search(endpoint)
        found = env["res.partner"]
        if intent:
            found = env["payment.transaction"].search(
                [("provider_reference", "=", intent[0])], order="id", limit=1
            )
        elif sent.get("customer") or endpoint.startswith("customers/"):
            customer_ref = sent.get("customer") or endpoint.split("/")[1]
            found = env["clinic.stripe.customer"].search(
                [("customer_ref", "=", customer_ref)], limit=1
            )
        elif method:
            found = (
                env["payment.token"]
                .with_context(active_test=False)  # Cards are detached when archived.
                .search([("stripe_payment_method", "=", method[0])], limit=1)
            )
        return found.partner_id.id if found else False

from odoo import models

SETTLED_CARDS = {
    "payment_method.automatically_updated": "_settle_payment_method",
    "payment_method.detached": "_settle_payment_method",
    "payment_method.updated": "_settle_payment_method",
    "customer.deleted": "_settle_customer",
}


class ClinicStripeEvent(models.Model):
    """Cards that were changed at Stripe: renewed by the bank, removed by somebody."""

    _inherit = "clinic.stripe.event"

    def _get_settle_methods(self):
        return {**super()._get_settle_methods(), **SETTLED_CARDS}

    def _settle_payment_method(self):
        cards = self._find_cards(stripe_payment_method=self.object_id)
        if not cards:
            return None
        method = self._fetch(f"payment_methods/{self.object_id}")
        if not method.get("customer"):
            cards._clinic_set_gone()
            return True
        values = cards._clinic_read_payment_method(method)
        # The number may be another one now; which card it was saved as stays.
        values.pop("clinic_fingerprint")
        values["payment_details"] = method[method["type"]].get("last4")
        for card in cards:
            card.write(card._clinic_with_expiry_news(values))
        return True

    def _settle_customer(self):
        cards = self._find_cards(provider_ref=self.object_id)
        if not cards:
            return None
        if not self.provider_id._clinic_stripe_call("knows_customer", self.object_id):
            cards._clinic_set_gone()
        return True

    def _find_cards(self, **conditions):
        """Return the saved cards that stand for an object of this account."""
        # context: what is put aside is changed at Stripe as well.
        tokens = self.env["payment.token"].with_context(active_test=False)
        domain = [(name, "=", value) for name, value in conditions.items()]
        return tokens.search([("provider_code", "=", "stripe"), *domain])

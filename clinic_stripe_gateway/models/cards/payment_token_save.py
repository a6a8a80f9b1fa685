from odoo import api, models

from .payment_token import BRANDS


class PaymentToken(models.Model):
    """Cards that are saved once, however often their owners agree to it."""

    _inherit = "payment.token"

    @api.model
    def _clinic_read_payment_method(self, method):
        """Return the values of a token for a PaymentMethod as Stripe gives it.

        :param dict method: in any API version
        """
        kind = method["type"]
        details = method.get(kind) or {}
        brand = details.get("display_brand") or details.get("brand")
        return {
            "clinic_brand": BRANDS.get(brand)
            or (brand and brand.replace("_", " ").title())
            or details.get("bank_name")
            or kind.replace("_", " ").title(),
            "clinic_exp_month": details.get("exp_month") or 0,
            "clinic_exp_year": details.get("exp_year") or 0,
            "clinic_fingerprint": details.get("fingerprint") or False,
        }

    def _clinic_find_same(self, values):
        """Return the token with which the payer has saved this card before, if any.

        :param dict values: what is known of this token's card
        """
        self.ensure_one()
        if not values["clinic_fingerprint"]:
            return self.browse()
        # context: one that was removed comes back instead of standing there twice.
        return self.with_context(active_test=False).search(
            [
                ("id", "!=", self.id),
                ("provider_id", "=", self.provider_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("clinic_account_ref", "=", values["clinic_account_ref"]),
                ("clinic_fingerprint", "=", values["clinic_fingerprint"]),
            ],
            order="active desc, id desc",
            limit=1,
        )

    def _clinic_get_method_values(self):
        """Return what this token stands for at Stripe."""
        self.ensure_one()
        return {
            "payment_details": self.payment_details,
            "payment_method_id": self.payment_method_id.id,
            "provider_ref": self.provider_ref,
            "stripe_mandate": self.stripe_mandate,
            "stripe_payment_method": self.stripe_payment_method,
        }

    def _clinic_renew(self, values):
        """Let the newer PaymentMethod take the older one's place.

        Not the other way round: the newer one carries the card's new expiry date and
        the mandate that the payer has just agreed to, and the payment in hand was
        made with it. The older one is removed at Stripe.
        """
        self.ensure_one()
        if self.stripe_payment_method != values["stripe_payment_method"]:
            self._clinic_queue_removal()
        self.write(self._clinic_with_expiry_news(values))
        may_return = (
            self.payment_method_id.active and self.provider_id.state != "disabled"
        )
        if not self.active and may_return:
            self.active = True

    def _clinic_with_expiry_news(self, values):
        """Return the values, and that nobody was told of a new expiry date yet."""
        self.ensure_one()
        names = ("clinic_exp_month", "clinic_exp_year")
        if all(values[name] == self[name] for name in names):
            return values
        return {**values, "clinic_warned_on": False}

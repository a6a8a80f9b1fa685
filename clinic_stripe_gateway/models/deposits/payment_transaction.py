from odoo import api, models

from ...unix_time import to_seconds


class PaymentTransaction(models.Model):
    """Deposits at Stripe: for which visit they are, whatever Odoo forgets."""

    _inherit = "payment.transaction"

    # === WHAT STRIPE HAS CHARGED AND ODOO FORGOT === #

    def _clinic_stripe_get_origin(self):
        """Leave the visit with Stripe, and the form by which a card was charged.

        A form for typed cards has another key whenever its request is run again, and
        Stripe refuses a request that is repeated with other values.
        """
        origin = super()._clinic_stripe_get_origin()
        visit = self.clinic_deposit_event_id
        if visit:
            origin["visit"] = visit.id
            origin["born"] = max(origin["born"], to_seconds(visit.create_date))
        if self.clinic_desk_key and self.operation == "offline":
            origin["desk"] = self.clinic_desk_key
        return origin

    @api.model
    def _clinic_stripe_prepare_found(self, provider, intent, origin):
        values = super()._clinic_stripe_prepare_found(provider, intent, origin)
        visit = self.env["calendar.event"].browse(origin.get("visit")).exists()
        # What is younger took the number of one that a restored backup does not know.
        if visit and to_seconds(visit.create_date) <= origin["born"]:
            values["clinic_deposit_event_id"] = visit.id
        key = origin.get("desk")
        if key and not self.search_count([("clinic_desk_key", "=", key)], limit=1):
            values["clinic_desk_key"] = key
        return values

import re

from odoo import api, models

SETTLED_DISPUTES = {
    "charge.dispute.created": "_settle_dispute",
    "charge.dispute.updated": "_settle_dispute",
    "charge.dispute.funds_withdrawn": "_settle_dispute",
    "charge.dispute.funds_reinstated": "_settle_dispute",
    "charge.dispute.closed": "_settle_dispute",
    "radar.early_fraud_warning.created": "_settle_fraud_warning",
}
# What the gateway calls its transactions at Stripe; other applications do not.
GATEWAY_REFERENCE = re.compile(r"[0-9a-f]{24}(-\d+)?")


class ClinicStripeEvent(models.Model):
    """Messages about disputes: all of them have the same effect."""

    _inherit = "clinic.stripe.event"

    @api.model
    def _get_settle_methods(self):
        return {**super()._get_settle_methods(), **SETTLED_DISPUTES}

    def _settle_dispute(self):
        """Return the transaction, empty if it is missing, ``None`` if it has none."""
        call = self.provider_id._clinic_stripe_call
        snapshot = call("get_dispute", self.object_id)
        tx = self._get_disputed(snapshot)
        if tx:
            self.env["clinic.stripe.dispute"]._settle(tx, snapshot)
        return tx

    def _settle_fraud_warning(self):
        """Tell a manager while a refund still spares the practice a dispute."""
        call = self.provider_id._clinic_stripe_call
        warning = call("get_fraud_warning", self.object_id)
        tx = self._get_disputed(warning)
        if tx and warning.is_actionable:
            tx._clinic_stripe_get_disputed_payment()._clinic_stripe_warn_of_fraud()
        return tx

    def _get_disputed(self, concerned):
        """Return the transaction that was paid, booked as far as it can be.

        A dispute may be heard of before the payment, or when that was forgotten.
        """
        tx = self._find_disputed(concerned)
        if tx is None or tx._clinic_stripe_get_disputed_payment():
            return tx
        intent = self._fetch(
            f"payment_intents/{concerned.intent_id}", **{"expand[]": "payment_method"}
        )
        tx = self._settle_intent("payment_intent", intent) or tx
        self._book(tx)
        return tx

    def _find_disputed(self, concerned):
        """Return the transaction that was paid, ``None`` if it is not Odoo's.

        Captures are children of what was paid.
        """
        for reference in (concerned.intent_id, concerned.charge_id):
            tx = self._find_transaction(provider_reference=reference)
            if tx:
                return tx.source_transaction_id or tx
        is_ours = GATEWAY_REFERENCE.fullmatch(concerned.reference)
        return tx if concerned.has_origin or is_ours else None

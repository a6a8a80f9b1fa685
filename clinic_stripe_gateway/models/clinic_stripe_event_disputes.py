import re

from odoo import api, models

SETTLE_BY_TYPE = dict.fromkeys(
    (
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ),
    "_settle_dispute",
)
# What the gateway calls its transactions at Stripe; other applications do not.
OWN_REFERENCE = re.compile(r"[0-9a-f]{24}(-\d+)?")


class ClinicStripeEvent(models.Model):
    """What is done about disputes: all of their events have the same effect."""

    # One file per subject.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "clinic.stripe.event"

    @api.model
    def _get_settle_methods(self):
        return {**super()._get_settle_methods(), **SETTLE_BY_TYPE}

    def _settle_dispute(self):
        """Return the transaction, empty if it is missing, ``None`` if it has none.

        A dispute may be heard of before the payment: then that is settled first.
        """
        snapshot = self.provider_id._clinic_stripe_call("get_dispute", self.object_id)
        tx = self._find_disputed(snapshot)
        if not tx:
            is_ours = snapshot.has_origin or OWN_REFERENCE.fullmatch(snapshot.reference)
            return tx if is_ours else None
        if not (tx | tx.child_transaction_ids).payment_id:
            intent = self._fetch(
                f"payment_intents/{snapshot.intent_id}",
                **{"expand[]": "payment_method"},
            )
            self._settle_intent("payment_intent", intent)
            self._book(tx)
        self.env["clinic.stripe.dispute"]._settle(tx, snapshot)
        return tx

    def _settle_disputed_payment(self, tx, snapshot):
        intent = self._fetch(
            f"payment_intents/{snapshot.intent_id}", **{"expand[]": "payment_method"}
        )
        self._settle_intent("payment_intent", intent)
        self._book(tx)

    def _find_disputed(self, snapshot):
        """Return the transaction that was paid; captures are its children."""
        for reference in (snapshot.intent_id, snapshot.charge_id):
            tx = self._find_transaction(provider_reference=reference)
            if tx:
                return tx.source_transaction_id or tx
        return tx

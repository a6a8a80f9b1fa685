from datetime import timedelta

from odoo import api, fields, models

# Until then the payer's page or Core's own job books it.
PATIENCE = timedelta(minutes=30)


class PaymentTransaction(models.Model):
    """What is paid at Stripe and could not be booked is never given up."""

    _inherit = "payment.transaction"

    _clinic_reference_index = models.Index(
        "(provider_reference) WHERE provider_reference IS NOT NULL"
    )

    @api.model
    def _cron_clinic_stripe_book_again(self):
        """Put what is not booked into the inbox, which tries again and tells why.

        Core gives up after four days, and tells nobody.
        """
        unbooked = self.search(
            [
                ("provider_code", "=", "stripe"),
                ("state", "=", "done"),
                ("is_post_processed", "=", False),
                ("provider_reference", "!=", False),
                ("last_state_change", "<=", fields.Datetime.now() - PATIENCE),
            ]
        )
        events = self.env["clinic.stripe.event"]
        waiting = events.search(
            [("transaction_id", "in", unbooked.ids), ("state", "=", "failed")]
        )
        for tx in unbooked - waiting.transaction_id:
            events._ask_about(
                tx.provider_id.id,
                tx._clinic_stripe_get_event_type(),
                tx.provider_reference,
            )

    def _clinic_stripe_get_event_type(self):
        """Return the type of the event that has this transaction settled."""
        return {
            "refund": "charge.refund.updated",
            "validation": "setup_intent.succeeded",
        }.get(self.operation, "payment_intent.succeeded")

    def _clinic_stripe_book_anew(self):
        """Let these be booked again: their payments were cancelled or deleted.

        Nothing is booked here; whoever settles them next does it.
        """
        captures = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == tx.source_transaction_id.operation
        )
        done = (self | captures).filtered(lambda tx: tx.state == "done")
        payments = done.payment_id
        payments.filtered(lambda payment: payment.state == "draft").action_cancel()
        # A payment whose entry is reversed cannot be revived, and a refund is netted
        # when it is created.
        done.filtered(
            lambda tx: (
                tx.payment_id.state == "canceled"
                and (
                    tx.operation == "refund" or tx.payment_id.move_id.state == "posted"
                )
            )
        ).payment_id = False
        done.is_post_processed = False

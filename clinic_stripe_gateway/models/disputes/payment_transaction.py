from odoo import models


class PaymentTransaction(models.Model):
    """Transactions by which disputed payments were made."""

    _inherit = "payment.transaction"

    def _clinic_stripe_get_refund_obstacle(self):
        """Say in plain words that Stripe refuses refunds while a bank decides."""
        payment = self.payment_id
        return super()._clinic_stripe_get_refund_obstacle() or (
            payment and payment._clinic_stripe_get_dispute_obstacle()
        )

    def _clinic_stripe_get_disputed_payment(self):
        """Return the payment that was made with this transaction.

        Captures are children of their authorisation; the payment is theirs.
        """
        family = (self | self.child_transaction_ids).filtered(
            lambda tx: tx.operation != "refund"
        )
        return family.payment_id.sorted("amount")[-1:]

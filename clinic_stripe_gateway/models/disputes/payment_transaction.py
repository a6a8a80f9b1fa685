from odoo import models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def action_refund(self, amount_to_refund=None):
        """Refuse, in plain words, what Stripe would refuse."""
        for tx in self:
            payment = tx.payment_id
            obstacle = payment and payment._clinic_stripe_get_dispute_obstacle()
            if obstacle:
                raise UserError(obstacle)
        return super().action_refund(amount_to_refund=amount_to_refund)

    def _clinic_stripe_get_disputed_payment(self):
        """Return the payment that was made with this transaction.

        Captures are children of their authorisation; the payment is theirs.
        """
        family = (self | self.child_transaction_ids).filtered(
            lambda tx: tx.operation != "refund"
        )
        return family.payment_id.sorted("amount")[-1:]

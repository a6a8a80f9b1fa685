from odoo import models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    # One file per subject.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "payment.transaction"

    def action_refund(self, amount_to_refund=None):
        """Refuse, in plain words, what Stripe would refuse."""
        for tx in self:
            payment = tx.payment_id
            obstacle = payment and payment._clinic_stripe_get_dispute_obstacle()
            if obstacle:
                raise UserError(obstacle)
        return super().action_refund(amount_to_refund=amount_to_refund)

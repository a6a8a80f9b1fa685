from odoo import models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """No payment by Stripe is in the books that Stripe has not made."""

    _inherit = "account.payment"

    def action_post(self):
        """Refuse to confirm again what was cancelled because it was not charged."""
        # sudo: billers do not read every transaction.
        for payment in self.sudo().filtered(
            lambda each: each.payment_type == "inbound"
        ):
            payment._clinic_stripe_check_is_charged()
        return super().action_post()

    def _clinic_get_leaving_obstacle(self):
        """Leave to Stripe as well what a bank has taken or given back."""
        if not self.move_id.clinic_stripe_dispute_id or not self._clinic_is_in_books():
            return super()._clinic_get_leaving_obstacle()
        return self.env._(
            "%(payment)s is booked for a dispute, and follows what Stripe says of it. "
            "To give money back, use Reverse Payment on what the client has paid.",
            payment=self.display_name,
        )

    def _clinic_was_moved_by_provider(self):
        """Ask Stripe itself, before the books forget what Odoo believes it has done."""
        was_moved = super()._clinic_was_moved_by_provider()
        # sudo: managers do not read keys.
        tx = self.sudo().payment_transaction_id
        if not was_moved or tx.provider_code != "stripe":
            return was_moved
        return tx._clinic_stripe_has_moved_money()

    def _clinic_stripe_check_is_charged(self):
        """Raise UserError unless Stripe has charged what this payment says."""
        self.ensure_one()
        tx = self.payment_transaction_id
        if tx.provider_code != "stripe":
            return
        # What was captured in a second step is booked on the captures.
        if tx.state != "done" or tx._clinic_stripe_get_parts():
            raise UserError(
                self.env._(
                    "Stripe has not charged this payment. It cannot be confirmed: pay "
                    "the invoice again, or register the payment by which the money "
                    "really came.",
                )
            )

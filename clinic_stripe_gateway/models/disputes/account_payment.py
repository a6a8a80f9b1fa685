from odoo import fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """Payments that a bank disputes, and what is booked for that."""

    _inherit = "account.payment"

    clinic_stripe_dispute_ids = fields.One2many(
        "clinic.stripe.dispute",
        "payment_id",
        string="Disputes",
        readonly=True,
        groups="clinic_invoicing.group_manager",
    )

    def action_clinic_stripe_view_disputes(self):
        """Open the disputes about this payment."""
        return self.clinic_stripe_dispute_ids._get_view_action()

    def _clinic_stripe_get_dispute_obstacle(self):
        """Return why this money cannot be given back now, ``False`` if it can.

        Stripe refuses it while the bank decides: the client would get it twice.
        """
        self.ensure_one()
        # sudo: who gives money back need not see disputes.
        disputes = self.sudo().clinic_stripe_dispute_ids
        if not disputes.filtered(lambda each: each.is_held and not each.is_refundable):
            return False
        return self.env._(
            "The client's bank disputes the payment %(payment)s and may give the money "
            "back itself. Wait until it has decided.",
            payment=self.name,
        )

    def _clinic_get_returnable(self):
        # What a bank gave back after a dispute is not another payment of the client.
        if self.move_id.clinic_stripe_dispute_id:
            return 0.0
        return super()._clinic_get_returnable()

    def _clinic_was_sent_by_practice(self):
        # sudo: e-mails are prepared by jobs, which read no disputes.
        is_taken = self.sudo().move_id.clinic_stripe_dispute_id
        return not is_taken and super()._clinic_was_sent_by_practice()

    def _clinic_give_back(self, amount, reason):
        for payment in self:
            obstacle = payment._clinic_stripe_get_dispute_obstacle()
            if obstacle:
                raise UserError(obstacle)
        return super()._clinic_give_back(amount, reason)

    def _clinic_get_leaving_obstacle(self):
        """Leave to Stripe as well what a bank has taken or given back."""
        if not self.move_id.clinic_stripe_dispute_id or not self._clinic_is_in_books():
            return super()._clinic_get_leaving_obstacle()
        return self.env._(
            "%(payment)s is booked for a dispute, and follows what Stripe says of it. "
            "To give money back, use Reverse Payment on what the client has paid.",
            payment=self.display_name,
        )

    def _clinic_stripe_warn_of_fraud(self):
        """Ask a manager, once, what becomes of payments that a bank warns of."""
        for payment in self:
            payment.company_id._clinic_tell_managers(
                payment,
                self.env._("Look at a payment that may be fraud"),
                self.env._(
                    "The bank of the card says that it was abused. If that may be "
                    "true, refund the payment now: a dispute would cost a fee as well."
                ),
            )

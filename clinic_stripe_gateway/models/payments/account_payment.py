from odoo import models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """Payments by Stripe: booked as Stripe has made them, given back through it."""

    _inherit = "account.payment"

    # === COMPUTE METHODS === #

    def _compute_amount_available_for_refund(self):
        """Count refunds that are under way, and not those that have failed."""
        result = super()._compute_amount_available_for_refund()
        for payment in self:
            if payment._clinic_get_stripe_transaction():
                payment.amount_available_for_refund = payment._clinic_get_returnable()
        return result

    # === ACTION METHODS === #

    def action_post(self):
        """Refuse to confirm again what was cancelled because it was not charged."""
        # sudo: billers do not read every transaction.
        for payment in self.sudo().filtered(
            lambda each: each.payment_type == "inbound"
        ):
            payment._clinic_stripe_check_is_charged()
        return super().action_post()

    # === IN THE BOOKS ONLY WHAT STRIPE HAS CHARGED === #

    def _clinic_stripe_check_is_charged(self):
        """Raise UserError unless Stripe has charged what this payment says."""
        self.ensure_one()
        tx = self.payment_transaction_id
        if tx.provider_code != "stripe":
            return
        # What was captured in a second step is booked on the captures.
        if tx.state != "done" or tx._clinic_stripe_is_settled_by_parts():
            raise UserError(
                self.env._(
                    "Stripe has not charged this payment. It cannot be confirmed: pay "
                    "the invoice again, or register the payment by which the money "
                    "really came.",
                )
            )

    def _clinic_was_moved_by_provider(self):
        """Ask Stripe itself, before the books forget what Odoo believes it has done."""
        was_moved = super()._clinic_was_moved_by_provider()
        # sudo: managers do not read keys.
        tx = self.sudo().payment_transaction_id
        if not was_moved or tx.provider_code != "stripe":
            return was_moved
        return tx._clinic_stripe_has_moved_money()

    # === GIVING BACK === #

    def _clinic_may_undo(self):
        may_refund = self.env.user.has_group("clinic_stripe_gateway.group_refund")
        return may_refund or super()._clinic_may_undo()

    def _clinic_get_stripe_transaction(self):
        """Return the transaction by which Stripe has charged this payment."""
        self.ensure_one()
        # sudo: whoever may undo payments need not be allowed to read keys.
        tx = self.sudo().payment_transaction_id
        is_charge = tx.provider_code == "stripe" and tx.operation != "refund"
        return tx if is_charge else tx.browse()

    def _clinic_get_sender(self):
        # Stripe refunds what it has charged, whatever the method is said to support.
        return self._clinic_get_stripe_transaction() or super()._clinic_get_sender()

    def _clinic_get_returnable(self):
        """Leave out what is on its way back and not booked yet."""
        returnable = super()._clinic_get_returnable()
        tx = self._clinic_get_stripe_transaction()
        under_way = tx._clinic_stripe_get_refunds().filtered(
            lambda refund: (
                refund.state == "pending"
                or (refund.state == "done" and not refund.payment_id)
            )
        )
        return returnable + sum(under_way.mapped("amount"))

    def _clinic_give_back(self, amount, reason):
        """Refund at Stripe, unless Stripe has done so already.

        :return: the payments that are booked; one that is under way comes later
        """
        tx = self._clinic_get_stripe_transaction()
        if not tx:
            return super()._clinic_give_back(amount, reason)
        tx.lock_for_update()
        found, missing = self._clinic_stripe_find_given_back(amount)
        if self.currency_id.compare_amounts(missing, 0) <= 0:
            return found
        tx._clinic_stripe_check_refunds_are_answered()
        if self.currency_id.compare_amounts(missing, self._clinic_get_returnable()) > 0:
            raise UserError(
                self.env._(
                    "Only %(amount)s of this payment can still be given back.",
                    amount=self.currency_id.format(self._clinic_get_returnable()),
                )
            )
        # Everything else comes first: what fails after this line cannot undo it.
        self.env.flush_all()
        refund = tx._refund(missing)
        if refund.state == "error":
            raise UserError(refund.state_message)
        if refund.state == "done":
            refund._post_process()
        return found | self.browse(refund.payment_id.ids)

    def _clinic_stripe_find_given_back(self, amount):
        """Look for this refund among what Stripe has given back already.

        Other refunds that Odoo knows of, and that are only booked now, are not it.

        :return: the payments that are it, or parts of it, and what is missing
        """
        tx = self._clinic_get_stripe_transaction()
        known = tx._clinic_stripe_get_refunds()
        # Whoever clicks again because no answer came wants that one refund.
        unanswered = known.filtered(lambda each: each.clinic_stripe_request == "refund")
        found = self._clinic_stripe_adopt_refunds().filtered(
            lambda payment: payment.payment_transaction_id not in known - unanswered
        )
        # What Odoo had forgotten and is not through yet is not sent again either.
        under_way = (tx._clinic_stripe_get_refunds() - known).filtered(
            lambda refund: refund.state == "pending"
        )
        # Refunds have negative amounts.
        coming = -sum(under_way.mapped("amount"))
        return found, amount - sum(found.mapped("amount")) - coming

    def _clinic_adopt_given_back(self, amount, reason):
        """Book the refund that was made at Stripe, and send nothing.

        :raise UserError: Stripe has given back nothing, or not as much, or more
        """
        if not self._clinic_get_stripe_transaction():
            return super()._clinic_adopt_given_back(amount, reason)
        found = self._clinic_stripe_adopt_refunds()
        total = sum(found.mapped("amount"))
        if found and self.currency_id.compare_amounts(total, amount):
            raise UserError(
                self.env._(
                    "Stripe has given back %(found)s of this payment, not %(amount)s. "
                    "Enter the amount that Stripe has given back.",
                    found=self.currency_id.format(total),
                    amount=self.currency_id.format(amount),
                )
            )
        if not found:
            raise UserError(
                self.env._(
                    "Stripe knows of no refund of this payment that is not in the "
                    "books yet. Refund it now; or, if the money went back in cash, "
                    "register that payment and allocate it."
                )
            )
        return found

    def _clinic_stripe_adopt_refunds(self):
        """Book the refunds of this payment that were made outside of Odoo."""
        source = self._clinic_get_stripe_transaction()
        known = source._clinic_stripe_get_refunds().payment_id
        intent_owner = source.source_transaction_id or source
        settled = intent_owner._clinic_stripe_settle_refunds()
        settled.filtered(
            lambda tx: tx.state == "done" and not tx.is_post_processed
        )._post_process()
        return self.browse((settled.payment_id - known).ids)

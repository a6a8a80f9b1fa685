from odoo import models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """Money that goes back the way that it came: by an online provider."""

    _inherit = "account.payment"

    def _clinic_get_sender(self):
        """Return the transaction by which the money can be sent back.

        It is empty when people have to hand the money out. This is a hook for
        providers that decide it in their own way.
        """
        self.ensure_one()
        # sudo: managers do not read every transaction.
        tx = self.sudo().payment_transaction_id
        can_send = (
            tx.state == "done"
            and tx.operation != "refund"
            and "none" not in tx._clinic_get_refund_support()
        )
        return tx if can_send else tx.browse()

    def _clinic_send_back(self, amount):
        """Let the provider refund ``amount``, and book it once that is done.

        :return: the outbound payment; none while it is under way
        :raise UserError: the provider has refused, or cannot refund a part
        """
        tx = self._clinic_get_sender()
        tx.lock_for_update()
        self._clinic_check_sendable(amount)
        # Everything else comes first: what fails after this line cannot undo it.
        self.env.flush_all()
        # Context: the employee has done it, not the payer.
        refund = tx.with_context(payment_backend_action=True)._refund(amount)
        if refund.state == "error":
            raise UserError(refund.state_message)
        if refund.state == "cancel":
            # The provider has dropped a charge that was not settled yet: the money
            # stays with the client, and there is no refund of its own.
            return self._clinic_book_given_back(amount)
        if refund.state == "done":
            refund._post_process()
        return self.browse(refund.payment_id.ids)

    def _clinic_check_sendable(self, amount):
        """Raise UserError unless the provider can send this much back now."""
        tx = self._clinic_get_sender()
        if self._clinic_get_refunds_under_way():
            raise UserError(
                self.env._(
                    "%(provider)s has not confirmed an earlier refund of this payment. "
                    "Wait for it. If %(provider)s itself shows that it was made, "
                    "choose that it was given back already.",
                    provider=tx.provider_id.name,
                )
            )
        is_part = self.currency_id.compare_amounts(amount, tx.amount) < 0
        if is_part and "full_only" in tx._clinic_get_refund_support():
            raise UserError(
                self.env._(
                    "%(provider)s can only send all of this payment back, not a part.",
                    provider=tx.provider_id.name,
                )
            )

    def _clinic_get_refunds_under_way(self):
        """Return the refunds that were sent and have not been confirmed yet."""
        self.ensure_one()
        # Some providers leave a refund in draft until they confirm it.
        return self._clinic_get_sender().child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state in ("draft", "pending")
        )

    def _clinic_confirm_refund_under_way(self, amount):
        """Book the refund of that amount which its provider has never confirmed.

        A confirmation that comes after all finds it done.

        :return: its payment; none when there is no such refund
        """
        refund = self._clinic_get_refunds_under_way().filtered(
            lambda tx: not self.currency_id.compare_amounts(-tx.amount, amount)
        )[:1]
        refund._set_done()
        refund._post_process()
        return self.browse(refund.payment_id.ids)

from odoo import api, fields, models


class AccountMove(models.Model):
    """Releasing what is only authorised takes a payment back, like a refund."""

    _inherit = "account.move"

    clinic_may_release = fields.Boolean(compute="_compute_clinic_may_release")

    @api.depends_context("uid")
    @api.depends("transaction_ids.state")
    def _compute_clinic_may_release(self):
        may_undo = self.env["account.payment"]._clinic_may_undo()
        for move in self:
            move.clinic_may_release = (
                may_undo or not move._clinic_stripe_get_authorised()
            )

    def payment_action_void(self):
        """Let only those release an authorisation of Stripe who may undo payments."""
        if self._clinic_stripe_get_authorised():
            self.env["account.payment"]._clinic_check_may_undo()
        return super().payment_action_void()

    def _clinic_stripe_get_authorised(self):
        # sudo: billers do not read every transaction.
        return self.sudo().transaction_ids.filtered(
            lambda tx: tx.provider_code == "stripe" and tx.state == "authorized"
        )

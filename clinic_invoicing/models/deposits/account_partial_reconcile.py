from odoo import models


class AccountPartialReconcile(models.Model):
    """The matches of deposits: nothing is left of those that have paid all."""

    _inherit = "account.partial.reconcile"

    def _clinic_after_matching(self):
        """Close what managers were asked to do with deposits that are used up."""
        self.credit_move_id.move_id.origin_payment_id._clinic_close_left_deposits()
        return super()._clinic_after_matching()

from odoo import models


class AccountMove(models.Model):
    """Money that somebody takes off an invoice is not put back by itself."""

    _inherit = "account.move"

    def js_remove_outstanding_partial(self, partial_id=False):
        """Leave the money to staff: the name is Core's, for the form's button."""
        self.check_access("write")
        partial = self.env["account.partial.reconcile"].browse(partial_id)
        money = partial.exists().credit_move_id
        result = super().js_remove_outstanding_partial(partial_id)
        money._clinic_leave_to_staff()
        return result

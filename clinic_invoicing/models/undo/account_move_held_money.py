from odoo import api, fields, models
from odoo.exceptions import UserError

from ...server_side import heard


class AccountMove(models.Model):
    """The entry of a provider's payment is undone like the payment itself.

    The same is true of what else a provider's addon has booked by itself.
    """

    _inherit = "account.move"

    clinic_stays_booked = fields.Boolean(
        string="Undone by Dialog Only", compute="_compute_clinic_stays_booked"
    )

    # Forms read it, each time anew: to follow payments would cost each booking queries.
    @api.depends("state")
    def _compute_clinic_stays_booked(self):
        for move in self:
            payments = move._clinic_get_own_payments()
            move.clinic_stays_booked = any(
                payments.mapped("clinic_stays_booked")
            ) or bool(move._clinic_get_leaving_obstacle())

    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        for move in self.filtered("clinic_stays_booked"):
            move.show_reset_to_draft_button = False
        return result

    # === DOORS === #

    def _clinic_check_write(self, vals):
        if vals.get("state", "posted") != "posted" or "origin_payment_id" in vals:
            self._clinic_check_may_leave()
        return super()._clinic_check_write(vals)

    def _clinic_check_reversal(self):
        self._clinic_check_may_leave()
        return super()._clinic_check_reversal()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_provider_holds_money(self):
        self._clinic_check_may_leave()

    # === WHAT MAY LEAVE === #

    def _clinic_check_may_leave(self):
        """Raise UserError when one of these, or its payment, stays in the books."""
        self._clinic_get_own_payments()._clinic_check_may_leave()
        if heard(self.env, "clinic_undoing"):
            return
        for move in self:
            obstacle = move._clinic_get_leaving_obstacle()
            if obstacle:
                raise UserError(obstacle)

    def _clinic_get_leaving_obstacle(self):
        """Return why this may not be taken out of the books by hand, else ``False``.

        This is a hook for entries that are no payments. Those of payments are asked
        for their payments, see there.
        """
        self.ensure_one()
        return False

    def _clinic_check_lines_may_change(self):
        """Raise UserError when the lines of one say what a provider has moved."""
        self.filtered(lambda move: move.state == "posted")._clinic_check_may_leave()

    def _clinic_get_own_payments(self):
        """Return the payments whose entries these are, whatever the links say now."""
        # sudo: who keeps the books need not read every payment.
        moves = self.sudo()
        return moves.payment_ids | moves.origin_payment_id

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# A payment form that was opened less long ago may still be in front of somebody.
ATTEMPT_MINUTES = 30


class AccountMove(models.Model):
    """No invoice changes under the hands of who is paying it."""

    # One file per subject.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "account.move"

    clinic_is_being_paid = fields.Boolean(compute="_compute_clinic_is_being_paid")

    @api.depends("transaction_ids.state", "state", "move_type")
    def _compute_clinic_is_being_paid(self):
        for move in self:
            # sudo: billers do not read every transaction.
            attempts = move.sudo()._clinic_get_fresh_attempts()
            is_open = move.state == "posted" and move.move_type == "out_invoice"
            move.clinic_is_being_paid = is_open and bool(attempts)

    # === ACTION METHODS === #

    def button_draft(self):
        self._clinic_check_not_being_paid()
        return super().button_draft()

    def button_cancel(self):
        self._clinic_check_not_being_paid()
        return super().button_cancel()

    def action_clinic_close_attempts(self):
        """Close payment forms that are open, so that the invoice may be changed."""
        self.check_access("write")
        # sudo: billers do not write transactions; this only closes them.
        attempts = self.sudo()._clinic_get_fresh_attempts()
        attempts._clinic_supersede_open_attempts()
        still_open = self.sudo()._clinic_get_fresh_attempts()
        if still_open:
            raise UserError(
                self.env._(
                    "The attempt to pay %(reference)s cannot be closed from here. It "
                    "counts no more %(minutes)s minutes after it was started.",
                    reference=still_open[0].reference,
                    minutes=ATTEMPT_MINUTES,
                )
            )

    # === BUSINESS METHODS === #

    def _clinic_get_fresh_attempts(self):
        """Return the payment forms of these invoices that may still be used."""
        oldest = fields.Datetime.now() - timedelta(minutes=ATTEMPT_MINUTES)
        return self.transaction_ids.filtered(
            lambda tx: (
                tx.state == "draft"
                and tx.operation != "refund"
                and tx.create_date
                and tx.create_date > oldest
            )
        )

    def _clinic_check_not_being_paid(self):
        """Raise UserError when money for these invoices may come at any moment."""
        # sudo: billers do not read every transaction.
        for move in self.sudo().filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        ):
            if move._clinic_is_clearing():
                raise UserError(
                    self.env._(
                        "A payment of %(invoice)s is on its way. Wait until it has "
                        "arrived or failed, or void the invoice.",
                        invoice=move.display_name,
                    )
                )
            if move._clinic_get_fresh_attempts():
                raise UserError(
                    self.env._(
                        "Somebody is paying %(invoice)s at this moment. Press Close "
                        "Payment Attempts first, or wait a little.",
                        invoice=move.display_name,
                    )
                )

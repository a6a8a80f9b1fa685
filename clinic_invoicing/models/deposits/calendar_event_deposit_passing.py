from odoo import models

from ...server_side import heard


class CalendarEvent(models.Model):
    """What becomes of deposits: they are taken off invoices, or the managers decide."""

    _inherit = "calendar.event"

    # === INVOICED === #

    def _clinic_pass_deposits(self, invoices):
        """Take the deposits for these visits off their new invoices, in sudo.

        Those on their way are counted by the invoices, so that nobody pays them twice.
        """
        open_attempts = self.clinic_deposit_transaction_ids.filtered(
            lambda tx: tx._clinic_is_clearing() or tx.state in ("draft", "error")
        )
        invoices._clinic_await_deposits(open_attempts._clinic_close_deposits())
        deposits = self.env["account.payment"].search(
            [("clinic_deposit_event_id", "in", self.ids)], order="date, id"
        )
        deposits._clinic_use_deposits(invoices)
        deposits._clinic_tell_of_left_deposits()

    # === CLOSED, ARCHIVED, DELETED === #

    def _clinic_close(self, *args, **kwargs):
        fees = super()._clinic_close(*args, **kwargs)
        # sudo: the front desk has no right in accounting.
        self.sudo().clinic_deposit_ids._clinic_tell_of_left_deposits()
        return fees

    def write(self, vals):
        result = super().write(vals)
        is_archived = "active" in vals and not vals["active"]
        # A series that is rewritten hands its deposits over.
        if is_archived and not heard(self.env, "clinic_series_edit"):
            # sudo: whoever may archive the slot need not know what was paid.
            self.sudo().clinic_deposit_ids._clinic_tell_of_left_deposits()
        return result

    def unlink(self):
        # sudo: as above.
        deposits = self.sudo().clinic_deposit_ids
        result = super().unlink()
        # As above: it is made anew.
        if not heard(self.env, "clinic_series_edit"):
            deposits._clinic_tell_of_left_deposits()
        return result

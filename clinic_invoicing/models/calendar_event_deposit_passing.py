from odoo import models


class CalendarEvent(models.Model):
    """What becomes of deposits when their visits are invoiced."""

    _inherit = "calendar.event"

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

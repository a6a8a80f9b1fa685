from odoo import models


class AccountPartialReconcile(models.Model):
    """The matches of payments: who hears of them, and what of them is no money."""

    _inherit = "account.partial.reconcile"

    def _clinic_after_matching(self):
        """Tell of payments of services by e-mail."""
        for_services = self.filtered("debit_move_id.move_id.clinic_has_services")
        for_services.credit_move_id.move_id.origin_payment_id._clinic_queue_letters()
        return super()._clinic_after_matching()

    def _clinic_get_written_off(self, line):
        """Return what of this match is no money, in the currency of what is settled.

        :param account.move.line line: its side that may be a payment
        """
        parts = line.move_id.origin_payment_id._clinic_get_write_off_parts()
        _part, settled_part = parts.get(self, (0.0, 0.0))
        return settled_part

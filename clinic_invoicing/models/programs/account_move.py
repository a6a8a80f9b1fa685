from odoo import models


class AccountMove(models.Model):
    """Invoices of registrations: once they are paid, the place stays taken."""

    _inherit = "account.move"

    def _clinic_after_paid(self):
        """Keep for good the places of programs that are paid now."""
        result = super()._clinic_after_paid()
        # sudo: people and jobs that book payments need not see registrations.
        registrations = self.env["clinic.program.registration"].sudo()
        billed = self.filtered("clinic_has_services")
        if billed:
            registrations.search(
                [("invoice_id", "in", billed.ids), ("reserved_until", "!=", False)]
            ).reserved_until = False
        return result

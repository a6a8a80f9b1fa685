from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _invoice_paid_hook(self):
        """Keep for good the places of programs that are paid now."""
        # sudo: whoever books the payment, and jobs as well.
        registrations = self.env["clinic.program.registration"].sudo()
        billed = self.filtered("clinic_has_services")
        if billed:
            registrations.search(
                [("invoice_id", "in", billed.ids), ("reserved_until", "!=", False)]
            ).reserved_until = False
        return super()._invoice_paid_hook()

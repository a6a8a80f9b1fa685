from odoo import models


class ClinicService(models.Model):
    """Flips free money: staff are told of what no new invoice takes."""

    _inherit = "clinic.service"

    def _flip_rate(self, *args, **kwargs):
        credit_notes, invoices = super()._flip_rate(*args, **kwargs)
        credit_notes._clinic_tell_of_freed_money()
        return credit_notes, invoices

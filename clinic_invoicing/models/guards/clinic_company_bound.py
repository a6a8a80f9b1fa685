from odoo import models


class ClinicCompanyBound(models.AbstractModel):
    """A record that stays within the companies of who writes it.

    Odoo asks its rules about what a record was, and not about what it becomes.
    """

    _name = "clinic.company.bound"
    _description = "Bound to a Company"

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")
        return result

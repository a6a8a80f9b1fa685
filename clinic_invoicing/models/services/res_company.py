from odoo import models


class ResCompany(models.Model):
    """How a practice rounds taxes, which its services follow until they are billed."""

    _inherit = "res.company"

    def _clinic_after_change(self, vals):
        result = super()._clinic_after_change(vals)
        if "tax_calculation_rounding_method" in vals:
            self.env["clinic.service"]._reprice([("company_id", "in", self.ids)])
        return result

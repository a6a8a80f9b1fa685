from odoo import models


class ResCompany(models.Model):
    """What a practice says of taxes and of age, which services follow until billed."""

    _inherit = "res.company"

    def _clinic_after_change(self, vals):
        result = super()._clinic_after_change(vals)
        if "tax_calculation_rounding_method" in vals:
            self.env["clinic.service"]._reprice([("company_id", "in", self.ids)])
        if "clinic_majority_age" in vals:
            services = self.env["clinic.service"]
            unbilled = services._get_unbilled([("company_id", "in", self.ids)])
            unbilled._clinic_follow_again(["bill_to_id"])
        return result

from odoo import models


class ResCompany(models.Model):
    """What a practice says of taxes and of age, which services follow until billed."""

    _inherit = "res.company"

    def _clinic_after_change(self, vals):
        result = super()._clinic_after_change(vals)
        services = self.env["clinic.service"]
        own = [("company_id", "in", self.ids)]
        if "account_price_include" in vals:
            # Odoo does not say that it depends on this.
            self.env["account.tax"].invalidate_model(["price_include"])
            services._retax(own)
        if "tax_calculation_rounding_method" in vals:
            services._reprice(own)
        if "clinic_majority_age" in vals:
            services._get_unbilled(own)._clinic_follow_again(["bill_to_id"])
        return result

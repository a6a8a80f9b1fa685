from odoo import models


class ResUsers(models.Model):
    """Users whose autopay ends with their access to the portal."""

    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if "group_ids" in vals or not vals.get("active", True):
            # sudo: an employee who takes a login away need not read agreements.
            agreements = self.env["clinic.autopay"].sudo()
            agreements._end_without_access(self.partner_id)
        return result

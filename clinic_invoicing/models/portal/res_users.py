from odoo import models
from odoo.http import request


class ResUsers(models.Model):
    """What users of the portal are asked for, and end with their access."""

    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if "group_ids" in vals or not vals.get("active", True):
            # sudo: who takes a login away need not read agreements.
            agreements = self.env["clinic.autopay"].sudo()
            agreements._end_without_access(self.partner_id)
        return result

    def _clinic_get_unpaid_count(self):
        """Return how many unpaid invoices this user is asked for.

        Shown on every page of the portal, in several places: one count for each
        page, by an index.
        """
        self.ensure_one()
        counts = request.__dict__.setdefault("clinic_unpaid", {}) if request else {}
        if self.id not in counts:
            # sudo: the domain itself says whose invoices are counted.
            moves = self.env["account.move"].sudo()
            counts[self.id] = moves.search_count(
                moves._clinic_get_asked_domain(self.partner_id)
            )
        return counts[self.id]

from odoo import models
from odoo.http import request


class ResUsers(models.Model):
    """The red number: how many invoices a user of the portal is asked for."""

    _inherit = "res.users"

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
            payers = self.partner_id._clinic_get_payers()
            counts[self.id] = moves._clinic_count_asked(payers)
        return counts[self.id]

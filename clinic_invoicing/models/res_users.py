from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _clinic_get_unpaid_count(self):
        """Return how many invoices this user still owes money for.

        Shown on every page of the portal: one count, by an index.
        """
        self.ensure_one()
        # sudo: the domain itself says whose invoices are counted.
        moves = self.env["account.move"].sudo()
        return moves.search_count(moves._clinic_get_unpaid_domain(self.partner_id))

from odoo import models
from odoo.fields import Domain


class ResCompany(models.Model):
    """Practices with branches: what the branches of one practice have in common.

    Odoo keeps one chart of accounts for a company and its branches; journals, providers
    and saved cards are mostly the company's, invoices the branch's. Where companies are
    compared, either both have to be the same, or one of these is asked; the list is in
    `docs/developer/companies.md`.
    """

    _inherit = "res.company"

    def _clinic_shares_books(self, other):
        """Whether money on the books of one may pay what is owed to the other."""
        self.ensure_one()
        return self.root_id == other.root_id

    def _clinic_get_books_domain(self):
        """Return the domain of what money of this company may pay."""
        self.ensure_one()
        return Domain("company_id", "child_of", self.root_id.ids)

    def _clinic_get_lineage(self):
        """Return these and the companies they are branches of, whose means they use.

        Journals, payment providers and saved cards: what Odoo calls `parent_of`.
        """
        return self.parent_ids

    def _clinic_get_branch(self, companies):
        """Return the one branch among these that a company collects for, else itself.

        :param res.company companies: that are paid through this one's provider
        """
        self.ensure_one()
        is_branch = len(companies) == 1 and self in companies._clinic_get_lineage()
        return companies if is_branch else self

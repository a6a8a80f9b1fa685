from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Whose clients a person may make one of."""

    _inherit = "res.partner"

    def _clinic_check_may_merge(self):
        """Raise unless the user may make one client of these.

        :raise UserError: several of them log in
        :raise AccessError: something of theirs is another practice's
        """
        # sudo: stock counts the logins that the user sees, and those of other
        # companies are hidden. Context: neither an archived login becomes another's.
        logins = self.sudo().with_context(active_test=False).user_ids
        if len(logins) > 1:
            raise UserError(
                self.env._(
                    "Several of these contacts have a login. Each would read what the "
                    "other was billed: they cannot be merged."
                )
            )
        self.check_access("write")
        foreign = self._clinic_get_practices() - self.env.user.company_ids
        if foreign and not self.env.su:
            raise AccessError(
                self.env._(
                    "One of these contacts is a client of another practice. Only who "
                    "works for both may merge them."
                )
            )

    def _clinic_get_practices(self):
        """Return the companies that these are clients of, in sudo."""
        # sudo: that is what is asked here.
        partners = self.sudo()
        companies = partners.company_id | partners.user_ids.company_ids
        for model, domain in (
            (
                "clinic.service",
                Domain("patient_id", "in", self.ids)
                | Domain("bill_to_id", "in", self.ids),
            ),
            ("account.move", Domain("partner_id", "in", self.ids)),
            ("account.payment", Domain("partner_id", "in", self.ids)),
        ):
            groups = partners.env[model]._read_group(domain, ["company_id"])
            companies |= companies.union(*(company for (company,) in groups))
        return companies

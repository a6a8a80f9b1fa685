from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """The merge of contacts: each reads what the other was billed, and pays it."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].browse(partner_ids).exists()
        partners._clinic_check_may_merge()
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        # Core merges by SQL: nobody else tells that somebody acts for others now.
        self.env["res.partner"]._clinic_forget_acting()
        return result

from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """The merge of contacts: each reads what the other was billed, and pays it."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].browse(partner_ids).exists()
        partners._clinic_check_may_merge()
        return super()._merge(partner_ids, dst_partner, extra_checks)

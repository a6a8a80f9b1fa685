from odoo import models


class AccountPartialReconcile(models.Model):
    """Payments of what a link was sent for, which is a part of an invoice at times."""

    _inherit = "account.partial.reconcile"

    def _clinic_after_matching(self):
        charges = self.debit_move_id.move_id.clinic_charge_ids
        for charge in charges.filtered(lambda each: each.state == "link_sent"):
            charge._close_if_paid()
        return super()._clinic_after_matching()

from odoo import api, models


class AccountPartialReconcile(models.Model):
    """The moment at which something is paid, and other rooms hear of it."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        # sudo: who reconciles may not read payments.
        partials.sudo()._clinic_after_matching()
        return partials

    def _clinic_after_matching(self):
        """Do what follows when these match a payment, in sudo.

        Rooms below add to it.
        """
        self.credit_move_id._clinic_forget_used()

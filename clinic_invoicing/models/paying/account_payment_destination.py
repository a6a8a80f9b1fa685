from odoo import api, models

from ...server_side import heard


class AccountPayment(models.Model):
    """Pay the account on which money is open."""

    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        # Set by who books a transaction: stock asks nobody.
        account_id = heard(self.env, "clinic_destination_account_id")
        if account_id:
            vals_list = [
                {**values, "destination_account_id": account_id} for values in vals_list
            ]
        return super().create(vals_list)

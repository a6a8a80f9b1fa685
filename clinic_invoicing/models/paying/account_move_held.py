from odoo import models


class AccountMove(models.Model):
    """Invoices and the money that is held for who owes them."""

    _inherit = "account.move"

    def _clinic_get_held_key(self):
        """Return under what the money that may pay this is held.

        :return: the payer, the practice that its branches belong to, the currency
        :rtype: tuple
        """
        self.ensure_one()
        payer = self.partner_id._clinic_get_addressee()
        return payer, self.company_id.root_id, self.currency_id

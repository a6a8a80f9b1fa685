from odoo import models


class AccountMove(models.Model):
    """Invoices are taken up by autopay as soon as they are posted."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        # sudo: people who invoice need not know which clients are on autopay.
        agreements = self.env["clinic.autopay"].sudo()
        if posted and agreements.search_count([], limit=1):
            self.env["clinic.scheduled.charge"]._wake_job()
        return posted

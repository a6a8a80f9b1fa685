from odoo import models


class AccountMove(models.Model):
    """Invoices are taken up by autopay as soon as they are posted."""

    _inherit = "account.move"

    def _clinic_after_posting(self):
        result = super()._clinic_after_posting()
        # sudo: people who invoice need not know which clients are on autopay.
        agreements = self.env["clinic.autopay"].sudo()
        if agreements.search_count([], limit=1):
            self.env["clinic.scheduled.charge"]._wake_job()
        return result

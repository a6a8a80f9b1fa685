from odoo import models


class ReportReceipt(models.AbstractModel):
    """The receipts of invoices, one after the other."""

    _name = "report.clinic_invoicing.report_receipt"
    _description = "Receipt"

    def _get_report_values(self, docids, data=None):
        invoices = self.env["account.move"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": invoices._name,
            "docs": invoices,
            "receipts": invoices._clinic_get_receipts(),
        }

from odoo import models


class IrActionsReport(models.Model):
    """Print the invoices of visits under their own title."""

    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        data = super()._get_rendering_context(report, docids, data)
        if data.get("proforma") and report.model == "account.move":
            moves = self.env["account.move"].browse(docids)
            data["proforma"] = not moves._clinic_is_document_final()
        return data

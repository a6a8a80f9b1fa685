from odoo import models


class AccountMove(models.Model):
    """Documents that clients fetch themselves.

    Odoo calls an invoice "Proforma" until somebody sends it by its own dialog. Most of
    a practice's are never sent: clients pay by a link, and insurers take no proforma.
    """

    _inherit = "account.move"

    def _clinic_is_document_final(self):
        """Whether what is printed is the invoice itself, sent or not."""
        # Where the state wants more than a PDF, it exists once that was sent.
        wanted = self.env["account.move.send"]._get_default_extra_edis
        return all(
            move.clinic_has_services and move.state == "posted" and not wanted(move)
            for move in self
        )

    def _get_invoice_proforma_pdf_report_filename(self):
        if self._clinic_is_document_final():
            return self._get_invoice_report_filename()
        return super()._get_invoice_proforma_pdf_report_filename()

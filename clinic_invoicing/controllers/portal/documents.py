from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request, route

from .billing import ClinicBilling


class ClinicDocuments(ClinicBilling):
    """The client's receipts and statements."""

    @route(
        "/my/billing/receipt/<int:invoice_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_billing_receipt(self, invoice_id, **_kwargs):
        """Show the receipt of an invoice that is billed to the client."""
        invoice = self._get_own_invoices(str(invoice_id))
        if not invoice or not invoice._clinic_is_receipted():
            return request.not_found()
        return self._show_pdf(
            "clinic_invoicing.account_move_report_receipt",
            invoice,
            invoice._clinic_get_receipt_filename(),
        )

    @route(
        "/my/billing/statement", type="http", auth="user", website=True, methods=["GET"]
    )
    def clinic_billing_statement(self, date_from="", date_to="", **_kwargs):
        """Show what was billed to the client, and paid, in a period."""
        # sudo: clients may not read accounting; it is made for the client alone.
        statements = request.env["clinic.statement"].sudo()
        try:
            statements = statements._create_for_client(
                self._get_shown_payer(), date_from, date_to
            )
        except UserError as error:
            values = self._prepare_billing_values()
            values["payment_error"] = error.args[0]
            return request.render("clinic_invoicing.portal_billing", values)
        return self._show_pdf(
            "clinic_invoicing.clinic_statement_report",
            statements,
            statements[0]._get_report_base_filename(),
        )

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Open each invoice that stands under Billing.

        Core keeps clients from what companies bill that are not among their own: the
        branches of a practice.
        """
        try:
            return super()._document_check_access(model_name, document_id, access_token)
        except AccessError:
            is_invoice = model_name == "account.move" and not access_token
            own = is_invoice and self._get_own_invoices(str(document_id))
            if not own:
                raise
            return own

    def _prepare_billing_values(self, page=1, patient=""):
        period = request.env["clinic.statement"]._get_period("this_year")
        return {
            **super()._prepare_billing_values(page, patient),
            "statement_from": period[0],
            "statement_to": period[1],
        }

    def _show_pdf(self, report_ref, records, name):
        """Return the PDF of these records, which are the client's own."""
        # sudo: as the records; nothing else is printed.
        report = request.env["ir.actions.report"].sudo()
        report = report.with_company(records.company_id[:1])
        pdf, _kind = report._render_qweb_pdf(report_ref, records.ids)
        disposition = content_disposition(f"{name}.pdf", disposition_type="inline")
        return request.make_response(
            pdf,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", disposition),
            ],
        )

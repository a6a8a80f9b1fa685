from odoo import api, models
from odoo.fields import Domain

from ..paying.account_move import OPEN_STATES


class AccountMove(models.Model):
    """What clients read of their invoices, and fetch of them, on the Billing page."""

    _inherit = "account.move"

    # === WHICH INVOICES === #

    @api.model
    def _clinic_get_open_domain(self, partner):
        """Invoices with money open, whether it can be paid at the moment or not."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "in", OPEN_STATES
        )

    @api.model
    def _clinic_get_settled_domain(self, partner):
        """Invoices that ``partner`` owes nothing for any more."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "not in", OPEN_STATES
        )

    @api.model
    def _clinic_get_patient_domain(self, patient_id):
        """Return the domain of the invoices of services that this patient received."""
        return Domain("invoice_line_ids.clinic_service_id.patient_id", "=", patient_id)

    @api.model
    def _clinic_get_asked(self, domain):
        """Return each ``(company, currency, amount)`` that closes these today."""
        groups = self._read_group(
            domain, ["company_id", "currency_id"], ["amount_residual:sum"]
        )
        discounts = self._clinic_get_discounts(domain)
        return [
            (company, currency, currency.round(owed - discounts[company, currency]))
            for company, currency, owed in groups
        ]

    @api.model
    def _clinic_count_open(self, domain):
        """Return how many of these invoices have money open, and how many have not."""
        counts = dict(self._read_group(domain, ["payment_state"], ["__count"]))
        is_open = sum(counts.get(state, 0) for state in OPEN_STATES)
        return is_open, sum(counts.values()) - is_open

    @api.model
    def _clinic_get_billed_patients(self, partner):
        """Return whose services are billed to ``partner``, themselves first."""
        groups = self.env["account.move.line"]._read_group(
            Domain("move_id", "any", self._clinic_get_billed_domain(partner))
            & Domain("clinic_service_id", "!=", False),
            ["clinic_service_id.patient_id"],
        )
        patients = partner.browse().concat(*(patient for (patient,) in groups))
        return patients.sorted(lambda patient: (patient != partner, patient.name or ""))

    # === WHAT A ROW OPENS TO === #

    def _clinic_get_portal_lines(self):
        """Return what a client reads of each service on this invoice.

        :rtype: list[dict]
        """
        self.ensure_one()
        # sudo: clients have no access to services, only to what is billed to them.
        # Not filtered(), which forgets that other invoices are on the same page. Not
        # invoice_line_ids: payments need the other lines, and all are read at once.
        return [
            line._clinic_prepare_portal_line()
            for line in self.sudo().line_ids
            if line.display_type == "product"
        ]

    def _clinic_get_portal_payments(self):
        """Return by what this invoice is settled and credited, and what has gone back.

        :rtype: list[dict]
        """
        self.ensure_one()
        # sudo: clients do not read entries, only what they have paid themselves.
        move = self.sudo()
        credits = [
            {
                "kind": "credit_note",
                "date": note.invoice_date,
                "payment": self.env["account.payment"],
                "method": note.name,
                "amount": note.amount_total,
            }
            for note in move._clinic_get_credit_notes()
        ]
        rows = move._clinic_get_settlements() + credits
        return [
            {**row, "card": row["payment"]._clinic_get_card_name()}
            for row in sorted(rows, key=lambda row: row["date"])
        ]

    # === DOCUMENTS THAT CLIENTS FETCH === #

    def _clinic_is_document_final(self):
        """Whether what is printed is the invoice itself, sent or not.

        Odoo calls an invoice "Proforma" until somebody sends it by its own dialog. Most
        of a practice's are never sent: clients pay by a link, and insurers take no
        proforma.
        """
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

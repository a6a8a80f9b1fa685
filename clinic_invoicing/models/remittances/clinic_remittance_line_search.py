from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ...rules.payers import PAYER_INSURER


class ClinicRemittanceLine(models.Model):
    """Which service is meant by a number, a date and a patient; all lines at once."""

    _inherit = "clinic.remittance.line"

    @api.depends(
        "named_number", "named_date", "named_patient", "remittance_id.insurer_id"
    )
    def _compute_share_id(self):
        named = self.filtered(
            lambda line: line.named_number or line.named_date or line.named_patient
        )
        for line in self - named:
            line.update({"share_id": line.share_id.id, "found_count": 0})
        for insurer, lines in named.grouped("insurer_id").items():
            for company, same in lines.grouped("company_id").items():
                same._find_shares(insurer, company)

    def _find_shares(self, insurer, company):
        """Say what these mean of what one insurer owes one practice."""
        by_number = self._search_by_number(company)
        by_date = self._search_by_date(insurer, company)
        for line in self:
            number = _tidy(line.named_number)
            candidates = by_number[number] if number else by_date[line.named_date]
            fitting = candidates.filtered(line._is_meant)
            chosen = line._prefer(fitting)
            line.found_count = len(chosen)
            line.share_id = chosen if len(chosen) == 1 else False

    def _search_by_number(self, company):
        """Return the shares on the invoices that these name, by their numbers."""
        found = defaultdict(self.env["clinic.service.share"].browse)
        numbers = {_tidy(line.named_number) for line in self} - {""}
        if not numbers:
            return found
        moves = self.env["account.move"].search(
            company._clinic_get_books_domain()
            & Domain("name", "in", sorted(numbers))
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
        )
        for move in moves:
            found[move.name] |= move.invoice_line_ids.clinic_share_id
        return found

    def _search_by_date(self, insurer, company):
        """Return what the insurer owes of services of the days that these name."""
        found = defaultdict(self.env["clinic.service.share"].browse)
        dates = {line.named_date for line in self if not line.named_number} - {False}
        if not dates:
            return found
        shares = self.env["clinic.service.share"].search(
            Domain("payer_type", "=", PAYER_INSURER)
            & Domain("partner_id", "=", insurer.id)
            & Domain("service_id.company_id", "=", company.id)
            & Domain("service_id.date", "in", sorted(dates))
        )
        for share in shares:
            found[share.service_id.date] |= share
        return found

    def _is_meant(self, share):
        """Whether what is named fits a share, as far as something is named."""
        service, patient = share.service_id, share.service_id.patient_id
        wanted = _tidy(self.named_patient)
        return (not self.named_date or service.date == self.named_date) and (
            not wanted
            or wanted == _tidy(patient.clinic_member_number)
            or set(wanted.replace(",", " ").split()) <= set(_tidy(patient.name).split())
        )

    def _prefer(self, shares):
        """Return those of these that a line can be about, all if there is none."""
        for is_better in (
            lambda share: share.partner_id == self.insurer_id,
            lambda share: share.amount_paid if self.paid < 0 else share.amount_due,
        ):
            shares = shares.filtered(is_better) or shares
        return shares


def _tidy(text):
    return " ".join((text or "").upper().split())

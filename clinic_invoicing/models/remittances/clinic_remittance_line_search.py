from odoo import api, models
from odoo.fields import Domain

from ...rules.named_services import NamedServices, tidy
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
        moves = self._search_moves(company)
        owed = self._search_owed(insurer, company)
        numbered, dated = _index_billed(moves), _index(owed)
        every = (moves.invoice_line_ids.clinic_share_id | owed).ids
        # Lines that say the same are looked for once.
        for said, lines in self.grouped(_get_named).items():
            number, day, patient = said
            services = numbered if number else dated
            shares = owed.browse(services.find(number, day, patient))
            chosen = _prefer(shares.with_prefetch(every), insurer)
            lines.found_count = len(chosen)
            lines.share_id = chosen if len(chosen) == 1 else False

    def _search_moves(self, company):
        """Return the invoices named, as the practice writes them or in capitals."""
        told = {(line.named_number or "").strip() for line in self}
        numbers = {*told, *map(tidy, told)} - {""}
        return self.env["account.move"].search(
            company._clinic_get_books_domain()
            & Domain("name", "in", sorted(numbers))
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
        )

    def _search_owed(self, insurer, company):
        """Return what the insurer owes of services of the days that these name."""
        days = {line.named_date for line in self if not tidy(line.named_number)}
        return self.env["clinic.service.share"].search(
            Domain("payer_type", "=", PAYER_INSURER)
            & Domain("partner_id", "=", insurer.id)
            & Domain("service_id.company_id", "=", company.id)
            & Domain("service_id.date", "in", sorted(days - {False}))
        )


def _get_named(line):
    return tidy(line.named_number), line.named_date, tidy(line.named_patient)


def _index(shares):
    services = NamedServices()
    for share in shares:
        service, patient = share.service_id, share.service_id.patient_id
        services.add_service(
            share.id, service.date, patient.clinic_member_number, patient.name
        )
    return services


def _index_billed(moves):
    """Return what these invoices bill, by their numbers as well."""
    services = _index(moves.invoice_line_ids.clinic_share_id)
    for move in moves:
        for share in move.invoice_line_ids.clinic_share_id:
            services.add_number(share.id, move.name)
    return services


def _prefer(shares, insurer):
    """Return those of these that a line can be about, all if there is none."""
    for is_better in (
        lambda share: share.partner_id == insurer,
        lambda share: share.amount_due,
    ):
        shares = shares.filtered(is_better) or shares
    return shares

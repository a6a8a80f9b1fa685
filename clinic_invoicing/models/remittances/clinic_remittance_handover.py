from odoo import fields, models

from ...rules.payers import PAYER_INSURER, PAYER_PATIENT, PAYER_WRITE_OFF
from ..payers.clinic_service_share_move import Handover

TO_PAYERS = {
    "secondary": PAYER_INSURER,
    "client": PAYER_PATIENT,
    "write_off": PAYER_WRITE_OFF,
}


class ClinicRemittanceHandover(models.Model):
    """What moved to another payer when a remittance was posted: undoing needs it."""

    _name = "clinic.remittance.handover"
    _description = "Moved by a Remittance"
    _inherit = ["clinic.guarded"]
    _order = "id"

    line_id = fields.Many2one(
        "clinic.remittance.line",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    share_id = fields.Many2one(
        "clinic.service.share",
        string="Owes It Then",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount = fields.Monetary(readonly=True)


class ClinicRemittanceLine(models.Model):
    """Who owes what the insurer does not pay."""

    _inherit = "clinic.remittance.line"

    handover_ids = fields.One2many(
        "clinic.remittance.handover", "line_id", readonly=True, copy=False
    )

    def _get_handovers(self):
        """Return what moves by these lines, and the line of each.

        :rtype: list[tuple[clinic.remittance.line, Handover]]
        """
        found = []
        for line in self:
            for amount, rest in (
                (line.contractual, "write_off"),
                (line.patient_part, line._get_rest_of_patient()),
                (line.amount_rest, line.rest),
            ):
                if rest != "keep" and line.currency_id.compare_amounts(amount, 0) > 0:
                    found.append((line, line._prepare_handover(amount, rest)))
        return found

    def _get_rest_of_patient(self):
        """Return who owes what the insurer calls the patient's responsibility."""
        return "secondary" if self.rest == "secondary" else "client"

    def _prepare_handover(self, amount, rest):
        partner = self.secondary_id if rest == "secondary" else None
        return Handover(self.share_id, amount, TO_PAYERS[rest], partner)

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ...actions import CLOSE
from ...rules.payers import PAYER_INSURER


class ClinicRemittanceServices(models.TransientModel):
    """Tick what an insurer owes, to put it on a remittance."""

    _name = "clinic.remittance.services"
    _description = "Open Services of an Insurer"
    _inherit = "clinic.dialog"

    remittance_id = fields.Many2one("clinic.remittance", required=True, readonly=True)
    are_all_chosen = fields.Boolean(string="All of Them")
    line_ids = fields.One2many(
        "clinic.remittance.services.line",
        "dialog_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("remittance_id", "are_all_chosen")
    def _compute_line_ids(self):
        for dialog in self:
            dialog.line_ids = [Command.clear()] + [
                Command.create(
                    {"share_id": share.id, "is_chosen": dialog.are_all_chosen}
                )
                for share in dialog._get_open_shares()
            ]

    def _get_open_shares(self):
        """Return what the insurer owes and is not on the remittance, oldest first."""
        remittance = self.remittance_id
        shares = self.env["clinic.service.share"].search(
            Domain("payer_type", "=", PAYER_INSURER)
            & Domain("partner_id", "=", remittance.insurer_id.id)
            & Domain("service_id.company_id", "=", remittance.company_id.id)
            & Domain("amount_due", ">", 0)
        )
        shares = shares.service_id._get_open_insurer_shares() & shares
        shares -= remittance.line_ids.share_id
        return shares.sorted(lambda share: (share.service_id.date, share.id))

    def action_add(self):
        """Add what is ticked, as paid."""
        self.ensure_one()
        remittance = self.remittance_id
        remittance.check_access("write")
        chosen = self.line_ids.filtered("is_chosen").share_id
        remittance._add_lines([{"share_id": share.id} for share in chosen])
        return CLOSE


class ClinicRemittanceServicesLine(models.TransientModel):
    """One of the services that an insurer owes."""

    _name = "clinic.remittance.services.line"
    _description = "Open Service of an Insurer"
    _inherit = "clinic.dialog"

    dialog_id = fields.Many2one(
        "clinic.remittance.services", required=True, ondelete="cascade"
    )
    is_chosen = fields.Boolean(string="Add")
    share_id = fields.Many2one(
        "clinic.service.share", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="share_id.currency_id")
    date = fields.Date(related="share_id.service_id.date")
    patient_id = fields.Many2one(related="share_id.service_id.patient_id")
    amount_due = fields.Monetary(string="Open", related="share_id.amount_due")

from odoo import api, fields, models

from ...actions import CLOSE, notification
from ...rules.payers import PAYER_INSURER, PAYER_PATIENT, PAYER_WRITE_OFF


class ClinicShareMove(models.TransientModel):
    """Let another payer owe a part of what one owes."""

    _name = "clinic.share.move"
    _description = "Move of a Share"
    _inherit = "clinic.dialog.effect"
    _effect_depends = ("share_id", "amount", "payer_type", "partner_id")

    share_id = fields.Many2one("clinic.service.share", required=True, readonly=True)
    service_id = fields.Many2one(related="share_id.service_id")
    currency_id = fields.Many2one(related="share_id.currency_id")
    amount_due = fields.Monetary(string="Is Open", related="share_id.amount_due")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    payer_type = fields.Selection(
        [
            (PAYER_PATIENT, "The client"),
            (PAYER_INSURER, "An insurer"),
            (PAYER_WRITE_OFF, "Nobody: it is written off"),
        ],
        string="Who Owes It Then",
        required=True,
        compute="_compute_payer_type",
        store=True,
        readonly=False,
        precompute=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Insurer",
        domain="[('is_company', '=', True)]",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    reason = fields.Char()

    @api.depends("share_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.share_id.amount_due

    @api.depends("share_id")
    def _compute_payer_type(self):
        for wizard in self:
            is_clients = wizard.share_id.payer_type == PAYER_PATIENT
            wizard.payer_type = PAYER_INSURER if is_clients else PAYER_PATIENT

    @api.depends("share_id", "payer_type")
    def _compute_partner_id(self):
        for wizard in self:
            patient = wizard.service_id.patient_id
            is_insurer = wizard.payer_type == PAYER_INSURER
            wizard.partner_id = patient.clinic_insurer_id if is_insurer else False

    def _get_effects(self):
        """Return a sentence for each thing that is going to happen."""
        self.ensure_one()
        share, amount = self.share_id, self.currency_id.format(self.amount)
        effects = []
        if share.state == "invoiced":
            effects.append(
                self.env._(
                    "A credit note of %(amount)s settles that part of the invoice of "
                    "%(payer)s.",
                    amount=amount,
                    payer=share.partner_id.display_name,
                )
            )
        is_insurers = self.payer_type == PAYER_INSURER
        payer = self.partner_id if is_insurers else self.service_id.bill_to_id
        if self.payer_type == PAYER_WRITE_OFF:
            effects.append(self.env._("%(amount)s is asked of nobody.", amount=amount))
        elif payer:
            effects.append(
                self.env._(
                    "%(payer)s owes %(amount)s, to be billed.",
                    payer=payer.display_name,
                    amount=amount,
                )
            )
        return effects

    def action_confirm(self):
        """Move it."""
        self.ensure_one()
        credit_notes, _moved = self.share_id._move(
            {self.share_id: self.amount}, self.payer_type, self.partner_id, self.reason
        )
        message = self.env._("Moved: %(amount)s.", amount=self._format_amount())
        if credit_notes:
            message += " " + self.env._(
                "Credit note: %(names)s.", names=", ".join(credit_notes.mapped("name"))
            )
        return notification("success", message, then=CLOSE)

    def _format_amount(self):
        return self.currency_id.format(self.amount)

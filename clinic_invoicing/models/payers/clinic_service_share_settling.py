from odoo import api, fields, models


class ClinicServiceShare(models.Model):
    """What insurers have paid without an invoice, outside Odoo."""

    _inherit = "clinic.service.share"

    settlement_ids = fields.One2many(
        "clinic.share.settlement", "share_id", readonly=True
    )
    settled_amount = fields.Monetary(
        string="Settled Outside", compute="_compute_settled", store=True
    )
    settled_date = fields.Date(
        string="Settled on", compute="_compute_settled", store=True
    )
    settled_reference = fields.Char(
        string="Reference", compute="_compute_settled", store=True
    )

    @api.depends(
        "settlement_ids.amount", "settlement_ids.date", "settlement_ids.reference"
    )
    def _compute_settled(self):
        for share in self:
            settlements = share.settlement_ids
            share.settled_amount = sum(settlements.mapped("amount"))
            share.settled_date = max(settlements.mapped("date"), default=False)
            references = filter(None, settlements.mapped("reference"))
            share.settled_reference = ", ".join(references) or False

    def _settle(self, amounts, date, reference):
        """Record what insurers have paid of these shares.

        :param dict amounts: what was paid, by share
        :param date date: when
        :param str reference: of the insurer's remittance
        """
        return self.env["clinic.share.settlement"].create(
            [
                {
                    "share_id": share.id,
                    "amount": amount,
                    "date": date,
                    "reference": reference,
                }
                for share, amount in amounts.items()
            ]
        )

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ClinicShareSettlement(models.Model):
    """What an insurer has paid outside Odoo, e.g. straight to the practitioner.

    It is no money of these books: it only says what nobody owes any more.
    """

    _name = "clinic.share.settlement"
    _description = "Settlement by an Insurer"
    _inherit = ["clinic.guarded"]
    _order = "date desc, id desc"

    share_id = fields.Many2one(
        "clinic.service.share", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="share_id.company_id", store=True)
    currency_id = fields.Many2one(related="share_id.currency_id")
    partner_id = fields.Many2one(string="Insurer", related="share_id.partner_id")
    amount = fields.Monetary(required=True)
    date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )
    reference = fields.Char(required=True, help="E.g. of the insurer's remittance.")

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "What an insurer has paid is more than zero."
    )

    @api.constrains("amount", "share_id")
    def _check_share(self):
        for settlement in self:
            share = settlement.share_id
            if share.payer_type != "insurer" or share.amount_invoiced:
                raise ValidationError(
                    self.env._(
                        "%(service)s: only what an insurer owes without an invoice is "
                        "settled outside.",
                        service=share.service_id.display_name,
                    )
                )
            if (
                share.currency_id.compare_amounts(share.settled_amount, share.amount)
                > 0
            ):
                raise ValidationError(
                    self.env._(
                        "%(service)s: the insurer owes only %(amount)s.",
                        service=share.service_id.display_name,
                        amount=share.currency_id.format(share.amount),
                    )
                )

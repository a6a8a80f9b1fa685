from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...rules.payers import PAYER_INSURER


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

    # Less than zero: what the insurer has taken back; by our own code alone.
    _amount_not_zero = models.Constraint(
        "CHECK (amount <> 0)", "What an insurer has paid is more than zero."
    )

    @api.constrains("amount", "share_id")
    def _check_share(self):
        for settlement in self:
            share = settlement.share_id
            if settlement.amount < 0 and not self.env.su or share.settled_amount < 0:
                raise ValidationError(
                    self.env._("What an insurer has paid is more than zero.")
                )
            if share.payer_type != PAYER_INSURER or share.amount_invoiced:
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

    # === COMPUTE METHODS === #

    @api.depends(
        "settlement_ids.amount", "settlement_ids.date", "settlement_ids.reference"
    )
    def _compute_settled(self):
        for share in self:
            settlements = share.settlement_ids
            share.settled_amount = sum(settlements.mapped("amount"))
            is_left = share.currency_id.compare_amounts(share.settled_amount, 0) > 0
            settlements = settlements if is_left else settlements.browse()
            share.settled_date = max(settlements.mapped("date"), default=False)
            references = filter(None, settlements.mapped("reference"))
            share.settled_reference = ", ".join(references) or False

    # === BUSINESS METHODS === #

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

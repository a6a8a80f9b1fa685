from odoo import fields, models


class ResPartner(models.Model):
    """Payers who are reminded of nothing."""

    _inherit = "res.partner"

    clinic_no_reminders = fields.Boolean(
        string="No Payment Reminders",
        copy=False,
        groups="clinic_invoicing.group_biller",
        help="This payer is not reminded of any invoice.",
    )

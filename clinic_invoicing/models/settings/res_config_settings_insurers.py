from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How insurers and guarantors come into the bill."""

    _inherit = "res.config.settings"

    clinic_insurer_settlement = fields.Selection(
        related="company_id.clinic_insurer_settlement", readonly=False, required=True
    )
    clinic_majority_age = fields.Integer(
        related="company_id.clinic_majority_age", readonly=False
    )

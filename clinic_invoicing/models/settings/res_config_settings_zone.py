from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Where the practice is, by whose clock its days begin and end."""

    _inherit = "res.config.settings"

    clinic_zone = fields.Selection(
        string="Practice's Time Zone",
        related="company_id.partner_id.tz",
        readonly=False,
    )

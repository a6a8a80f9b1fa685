from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What a practice charges for visits that do not take place."""

    _inherit = "res.config.settings"

    clinic_no_show_rate_id = fields.Many2one(
        related="company_id.clinic_no_show_rate_id", readonly=False
    )
    clinic_late_cancel_rate_id = fields.Many2one(
        related="company_id.clinic_late_cancel_rate_id", readonly=False
    )
    clinic_cancel_notice_hours = fields.Integer(
        related="company_id.clinic_cancel_notice_hours", readonly=False
    )

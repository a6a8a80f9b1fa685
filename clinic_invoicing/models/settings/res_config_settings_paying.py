from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How clients are asked for money, and how they may pay it."""

    _inherit = "res.config.settings"

    clinic_gateway_id = fields.Many2one(
        related="company_id.clinic_gateway_id",
        domain="[('company_id', '=', company_id), ('state', '!=', 'disabled')]",
        readonly=False,
    )
    clinic_accepted_brand_ids = fields.Many2many(
        related="company_id.clinic_accepted_brand_ids", readonly=False
    )
    clinic_minimum_part = fields.Monetary(
        related="company_id.clinic_minimum_part",
        readonly=False,
    )
    clinic_desk_card_entry = fields.Boolean(
        related="company_id.clinic_desk_card_entry", readonly=False
    )
    clinic_email_pay_requests = fields.Boolean(
        related="company_id.clinic_email_pay_requests", readonly=False
    )
    clinic_link_days = fields.Integer(
        related="company_id.clinic_link_days", readonly=False
    )
    clinic_email_receipts = fields.Boolean(
        related="company_id.clinic_email_receipts", readonly=False
    )
    clinic_reminders = fields.Boolean(
        related="company_id.clinic_reminders", readonly=False
    )
    clinic_reminder_days = fields.Char(
        related="company_id.clinic_reminder_days", readonly=False
    )
    clinic_autopay = fields.Boolean(related="company_id.clinic_autopay", readonly=False)
    clinic_autopay_notice_days = fields.Integer(
        related="company_id.clinic_autopay_notice_days", readonly=False
    )
    clinic_charge_retry_days = fields.Char(
        related="company_id.clinic_charge_retry_days", readonly=False
    )

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The settings of a practice, which its company keeps."""

    _inherit = "res.config.settings"

    # === WHO PAYS === #

    clinic_insurer_settlement = fields.Selection(
        related="company_id.clinic_insurer_settlement", readonly=False, required=True
    )
    clinic_majority_age = fields.Integer(
        related="company_id.clinic_majority_age", readonly=False
    )

    # === VISITS THAT DO NOT TAKE PLACE === #

    clinic_no_show_rate_id = fields.Many2one(
        related="company_id.clinic_no_show_rate_id", readonly=False
    )
    clinic_late_cancel_rate_id = fields.Many2one(
        related="company_id.clinic_late_cancel_rate_id", readonly=False
    )
    clinic_cancel_notice_hours = fields.Integer(
        related="company_id.clinic_cancel_notice_hours", readonly=False
    )

    # === HOW CLIENTS ARE ASKED FOR MONEY, AND HOW THEY PAY === #

    clinic_gateway_id = fields.Many2one(
        related="company_id.clinic_gateway_id",
        domain="[('company_id', 'parent_of', company_id), ('state', '!=', 'disabled')]",
        readonly=False,
    )
    clinic_accepted_brand_ids = fields.Many2many(
        related="company_id.clinic_accepted_brand_ids", readonly=False
    )
    clinic_minimum_part = fields.Monetary(
        related="company_id.clinic_minimum_part",
        readonly=False,
    )
    clinic_use_held_money = fields.Boolean(
        related="company_id.clinic_use_held_money", readonly=False
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

    # === WHERE THE PRACTICE IS === #

    clinic_zone = fields.Selection(
        string="Practice's Time Zone",
        related="company_id.partner_id.tz",
        readonly=False,
    )

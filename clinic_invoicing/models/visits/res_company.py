from odoo import fields, models


class ResCompany(models.Model):
    """What a practice charges for visits that do not take place."""

    _inherit = "res.company"

    clinic_no_show_rate_id = fields.Many2one(
        "product.product",
        string="No-show Fee",
        domain="[('clinic_is_rate', '=', True)]",
        help="The rate that is charged when a patient does not come.",
    )
    clinic_late_cancel_rate_id = fields.Many2one(
        "product.product",
        string="Late Cancellation Fee",
        domain="[('clinic_is_rate', '=', True)]",
        help="The rate that is charged when a visit is cancelled too late.",
    )
    clinic_cancel_notice_hours = fields.Integer(
        string="Cancellation Notice (hours)",
        default=24,
        help="Who cancels less than this before the visit is charged the fee for "
        "late cancellations.",
    )

    _clinic_cancel_notice_not_negative = models.Constraint(
        "CHECK (clinic_cancel_notice_hours >= 0)",
        "The notice for cancellations cannot be negative.",
    )

from odoo import fields, models


class ProductTemplate(models.Model):
    """What is owed instead of a rate when its visit does not take place."""

    _inherit = "product.template"

    clinic_no_show_rate_id = fields.Many2one(
        "product.product",
        string="No-show Fee",
        domain="[('clinic_is_rate', '=', True)]",
        check_company=True,
        help="Charged when a patient does not come to a visit of this rate. Empty: "
        "the company's fee.",
    )
    clinic_late_cancel_rate_id = fields.Many2one(
        "product.product",
        string="Late Cancellation Fee",
        domain="[('clinic_is_rate', '=', True)]",
        check_company=True,
        help="Charged when a visit of this rate is cancelled too late. Empty: the "
        "company's fee.",
    )

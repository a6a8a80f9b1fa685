from odoo import fields, models


class ProductTemplate(models.Model):
    """The deposit that is asked for when a visit of a rate is booked."""

    _inherit = "product.template"

    clinic_deposit = fields.Monetary(
        string="Deposit",
        help="Suggested when a deposit is taken for a visit of this rate. It is taken "
        "off the invoice.",
    )

    _clinic_deposit_not_negative = models.Constraint(
        "CHECK (clinic_deposit >= 0)", "A deposit cannot be negative."
    )

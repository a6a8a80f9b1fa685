from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    """Billing rates are products: price, taxes and accounts are Odoo's own."""

    _inherit = "product.template"

    clinic_is_rate = fields.Boolean(
        string="Billing Rate",
        help="Services of this product can be booked on appointments and billed.",
    )
    clinic_needs_billing = fields.Boolean(
        string="Do you need to bill?",
        default=True,
        help="If not, services of this rate are recorded and never charged.",
    )
    clinic_is_invoiced = fields.Boolean(
        string="Is Invoiced",
        help="Services of this rate come to the Invoices page and are paid by the "
        "client. Otherwise they are billed to the patient's insurer.",
    )
    clinic_counterpart_rate_id = fields.Many2one(
        "product.template",
        string="Counterpart Rate",
        domain="[('clinic_is_rate', '=', True), ('id', '!=', id)]",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The same service with the other payer: the self-pay twin of an "
        "insurer's rate, or the insurer's twin of a self-pay rate.",
    )
    clinic_billed_description = fields.Char(
        string="Billed Description",
        translate=True,
        help="What the client reads on the invoice, instead of the product's name.",
    )

    clinic_needs_approval = fields.Boolean(
        string="Needs Approval",
        help="A manager approves services of this rate before they are billed.",
    )
    clinic_quantity_mode = fields.Selection(
        [
            ("visit", "Visit: one each time"),
            ("units", "Units: a number is entered"),
            ("minutes", "Minutes: counted from how long the visit took"),
            ("amount", "Amount: the price is entered each time"),
        ],
        string="Quantity",
        default="visit",
        required=True,
        help="How the quantity of a service of this rate is entered.",
    )
    clinic_minutes_per_unit = fields.Float(
        string="Minutes per Unit",
        default=15,
        help="The price of the rate is for so many minutes.",
    )
    clinic_minutes_rounding = fields.Selection(
        [
            ("up", "Up to the next unit"),
            ("nearest", "To the nearest unit"),
            ("down", "Down, at least one unit"),
            ("exact", "Not at all: parts of a unit"),
        ],
        string="Rounding",
        default="up",
        required=True,
    )
    clinic_cover_type = fields.Selection(
        [
            ("none", "Nothing"),
            ("amount", "An amount of each service"),
            ("percent", "A part of the price, in %"),
        ],
        string="Insurer Covers",
        default="none",
        required=True,
        help="New services of this rate are split: the patient's insurer owes this "
        "much, and the client the rest.",
    )
    clinic_cover = fields.Float(string="Cover", help="An amount, or a percentage.")

    _clinic_minutes_positive = models.Constraint(
        "CHECK (clinic_quantity_mode != 'minutes' OR clinic_minutes_per_unit > 0)",
        "A unit takes at least a part of a minute.",
    )
    _clinic_cover_valid = models.Constraint(
        "CHECK (clinic_cover >= 0"
        " AND (clinic_cover_type != 'percent' OR clinic_cover <= 100))",
        "A cover is not negative, and no more than 100 %.",
    )

    @api.constrains("clinic_counterpart_rate_id")
    def _check_clinic_counterpart_rate(self):
        for rate in self:
            if rate.clinic_counterpart_rate_id == rate:
                raise ValidationError(
                    self.env._(
                        "%(rate)s cannot be its own counterpart.", rate=rate.name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        rates._clinic_pair_counterparts()
        return rates

    def write(self, vals):
        former_twins = self.clinic_counterpart_rate_id
        result = super().write(vals)
        if "clinic_counterpart_rate_id" in vals:
            self._clinic_pair_counterparts(former_twins)
        return result

    def _clinic_pair_counterparts(self, former_twins=None):
        """Make the counterpart point back, and release the one it replaces.

        Being counterparts is one fact of two rates: a rate has one twin, and the
        twin has that rate.
        """
        for rate in self:
            twin = rate.clinic_counterpart_rate_id
            if twin and twin.clinic_counterpart_rate_id != rate:
                twin.clinic_counterpart_rate_id = rate
        for twin in former_twins or ():
            if twin.clinic_counterpart_rate_id.clinic_counterpart_rate_id != twin:
                twin.clinic_counterpart_rate_id = False

    def _clinic_takes_numbers(self):
        """Whether somebody enters how many are billed."""
        return self.clinic_quantity_mode in ("units", "visit")

    def _clinic_get_billing(self):
        """Return who is billed for a new service of this rate.

        :return: a value of ``clinic.service.billing``
        """
        if self and not self.clinic_needs_billing:
            return "no_charge"
        return "client" if self.clinic_is_invoiced else "insurance"

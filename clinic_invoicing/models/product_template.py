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

    def _clinic_get_billing(self):
        """Return who is billed for a new service of this rate.

        :return: a value of ``clinic.service.billing``
        """
        if self and not self.clinic_needs_billing:
            return "no_charge"
        return "client" if self.clinic_is_invoiced else "insurance"

from odoo import api, fields, models
from odoo.fields import Domain

from ...rules import billing_state

# What is billed, or never will be, says what it said then.
REPRICED_STATES = (
    billing_state.INSURANCE,
    billing_state.NO_CHARGE,
    billing_state.PLANNED,
    billing_state.TO_INVOICE,
)


class ClinicService(models.Model):
    """Who a service is billed to, whether at all, and for how much."""

    _inherit = "clinic.service"

    bill_to_id = fields.Many2one(
        "res.partner",
        string="Bill to",
        compute="_compute_bill_to_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
        help="Who receives the client's invoice: the guarantor or the patient.",
    )
    billing = fields.Selection(
        [
            ("client", "Invoiced to the client"),
            ("insurance", "Billed to the insurer"),
            ("no_charge", "No charge"),
        ],
        compute="_compute_billing",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
        help="Decided by the rate when the service is recorded. Editing the rate "
        "later does not change it.",
    )
    price_unit = fields.Float(
        string="Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Price",
        tracking=True,
    )
    discount = fields.Float(string="Discount (%)", digits="Discount", tracking=True)
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
    )
    amount_priced = fields.Monetary(
        compute="_compute_amount_priced",
        store=True,
        precompute=True,
        help="What an invoice says of this service alone, whoever pays for it.",
    )
    amount_total = fields.Monetary(
        string="Total",
        compute="_compute_amount_total",
        store=True,
        help="What its invoices say, or will say.",
    )

    _price_not_negative = models.Constraint(
        "CHECK (price_unit >= 0)", "The price of a service cannot be negative."
    )
    _discount_percent = models.Constraint(
        "CHECK (discount BETWEEN 0 AND 100)", "A discount is between 0 and 100 %."
    )

    # === WHO PAYS === #

    @api.depends(
        "patient_id.clinic_birthdate",
        "patient_id.clinic_guarantor_always",
        "patient_id.clinic_guarantor_id",
    )
    def _compute_bill_to_id(self):
        for service in self:
            if service._origin and service._is_on_invoice():
                continue
            patient = service.patient_id
            date = service.date or service._get_practices_day()
            service.bill_to_id = patient and patient._clinic_get_bill_to(
                date, service.company_id
            )

    # === WHAT IT COSTS === #

    @api.depends("rate_id")
    def _compute_billing(self):
        """Copy the rate's decision: editing the rate never rewrites history."""
        for service in self:
            service.billing = service.rate_id.product_tmpl_id._clinic_get_billing()

    @api.depends("rate_id", "company_id")
    def _compute_price_unit(self):
        """Take the rate's price, as an invoice would: in the company's currency."""
        for service in self:
            rate = service.rate_id
            if not rate or rate.product_tmpl_id._clinic_get_billing() == "no_charge":
                service.price_unit = 0
                continue
            service.price_unit = rate._get_tax_included_unit_price(
                service.company_id,
                service.company_id.currency_id,
                service.date or service._get_practices_day(),
                "sale",
                fiscal_position=service._get_fiscal_position(),
            )

    @api.depends("rate_id", "company_id", "bill_to_id")
    def _compute_tax_ids(self):
        for service in self:
            if service._origin and service._is_on_invoice():
                continue
            taxes = service.rate_id.taxes_id._filter_taxes_by_company(
                service.company_id
            )
            service.tax_ids = service._get_fiscal_position().map_tax(taxes)

    def _get_fiscal_position(self):
        """Return how the payer is taxed; the invoice will ask the same."""
        positions = self.env["account.fiscal.position"].with_company(self.company_id)
        payer = self.bill_to_id._origin
        return positions._get_fiscal_position(payer) if payer else positions

    @api.depends("quantity", "price_unit", "discount", "tax_ids", "currency_id")
    def _compute_amount_priced(self):
        for service in self:
            if service._origin and service._is_on_invoice():
                continue
            details = service._get_tax_details()
            service.amount_priced = sum(
                (data["tax_amount_currency"] for data in details["taxes_data"]),
                details["total_excluded_currency"]
                + details["delta_total_excluded_currency"],
            )

    @api.depends("amount_priced", "share_ids.amount_correction")
    def _compute_amount_total(self):
        for service in self:
            corrections = service.share_ids.mapped("amount_correction")
            service.amount_total = service.amount_priced + sum(corrections)

    @api.model
    def _reprice(self, domain):
        """Let services that are not billed follow what has changed of taxes or terms.

        Looked up by their state: of what is billed there may be a million.
        """
        # sudo: who may change taxes need not read services.
        services = self.sudo().search(
            Domain(domain) & Domain("state", "in", REPRICED_STATES)
        )
        self.env.add_to_compute(self._fields["amount_priced"], services)
        services.modified(["amount_priced"])

    def _get_tax_details(self):
        """Return Odoo's computation of the taxes of this service.

        The very steps by which an invoice of this one line comes to its total: with
        taxes that are rounded for the whole invoice, too.
        """
        taxes = self.env["account.tax"]
        line = taxes._prepare_base_line_for_taxes_computation(
            self, product_id=self.rate_id, partner_id=self.bill_to_id
        )
        taxes._add_tax_details_in_base_line(line, self.company_id)
        taxes._round_base_lines_tax_details([line], self.company_id)
        return line["tax_details"]

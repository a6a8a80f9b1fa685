from odoo import api, fields, models

# What Odoo looks at to know how a payer is taxed.
FACTS_OF_TAXES = (
    "bill_to_id.country_id",
    "bill_to_id.property_account_position_id",
    "bill_to_id.state_id",
    "bill_to_id.vat",
    "bill_to_id.zip",
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
        ondelete="restrict",
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
    rate_price = fields.Float(
        compute="_compute_rate_price",
        store=True,
        precompute=True,
        digits="Product Price",
        help="What the rate cost when it was chosen, in its own currency. Editing the "
        "rate later does not change it.",
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
        "company_id",
        "date",
        "patient_id.child_ids.active",
        "patient_id.child_ids.type",
        "patient_id.clinic_birthdate",
        "patient_id.clinic_guarantor_always",
        "patient_id.clinic_guarantor_id.child_ids.active",
        "patient_id.clinic_guarantor_id.child_ids.type",
    )
    def _compute_bill_to_id(self):
        self._clinic_follow("bill_to_id")

    def _find_bill_to_id(self):
        return {
            service: service.patient_id._clinic_get_bill_to(
                service.date or service._get_practices_day(), service.company_id
            )
            if service.patient_id
            else service.patient_id
            for service in self
        }

    # === WHAT IT COSTS === #

    @api.depends("rate_id")
    def _compute_billing(self):
        """Copy the rate's decision: editing the rate never rewrites history."""
        self._clinic_follow("billing")

    def _find_billing(self):
        return {service: service._get_billing() for service in self}

    def _get_billing(self):
        """Return who is billed, as long as nobody decides. Rooms below add to it."""
        return self.rate_id.product_tmpl_id._clinic_get_billing()

    @api.depends("rate_id")
    def _compute_rate_price(self):
        for service in self:
            rate = service.rate_id.with_company(service.company_id)
            is_free = rate.product_tmpl_id._clinic_get_billing() == "no_charge"
            service.rate_price = 0 if is_free else rate.lst_price

    @api.depends("company_id", "currency_id", "date", "rate_price", *FACTS_OF_TAXES)
    def _compute_price_unit(self):
        self._clinic_follow("price_unit")

    def _find_price_unit(self):
        """Take the rate's price, as an invoice would: in the company's currency."""
        positions = self._get_fiscal_positions()
        return {
            service: service.rate_id._get_tax_included_unit_price(
                service.company_id,
                service.company_id.currency_id,
                service.date or service._get_practices_day(),
                "sale",
                product_price_unit=service.rate_price,
                product_taxes=service._get_taxes_of_rate(),
                fiscal_position=positions[service],
            )
            if service.rate_id
            else 0
            for service in self
        }

    @api.depends("company_id", "rate_id", *FACTS_OF_TAXES)
    def _compute_tax_ids(self):
        self._clinic_follow("tax_ids")

    def _find_tax_ids(self):
        positions = self._get_fiscal_positions()
        return {
            service: positions[service].map_tax(service._get_taxes_of_rate())
            for service in self
        }

    def _get_taxes_of_rate(self):
        self.ensure_one()
        return self.rate_id.taxes_id._filter_taxes_by_company(self.company_id)

    def _get_fiscal_positions(self):
        """Return how the payer of each is taxed; their invoices will ask the same."""
        positions = self.env["account.fiscal.position"]
        found = {}
        for (company, payer), services in self.grouped(
            lambda service: (service.company_id, service.bill_to_id._origin)
        ).items():
            # Odoo searches for it: once for each payer.
            position = positions.with_company(company)._get_fiscal_position(payer)
            found.update(dict.fromkeys(services, position))
        return found

    @api.depends(
        "company_id", "currency_id", "discount", "price_unit", "quantity", "tax_ids"
    )
    def _compute_amount_priced(self):
        for service in self:
            if service._origin.is_billed:
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
        """Let what is not billed follow what has changed of taxes or terms."""
        self._get_unbilled(domain)._clinic_follow_again(["amount_priced"])

    @api.model
    def _retax(self, domain):
        """Let what is not billed follow which taxes are in its price."""
        unbilled = self._get_unbilled(domain)
        unbilled._clinic_follow_again(["tax_ids", "price_unit", "amount_priced"])

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

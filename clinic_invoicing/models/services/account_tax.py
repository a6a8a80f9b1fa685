from odoo import models

# What a tax amounts to follows from these.
FIELDS_OF_AMOUNT = frozenset(
    {
        "amount",
        "amount_type",
        "children_tax_ids",
        "include_base_amount",
        "is_base_affected",
        "price_include_override",
    }
)


class AccountTax(models.Model):
    """Taxes, whose changes services follow until they are billed."""

    _inherit = "account.tax"

    def write(self, vals):
        result = super().write(vals)
        if FIELDS_OF_AMOUNT & vals.keys():
            taxes = self | self._clinic_get_groups()
            services = self.env["clinic.service"]
            services._reprice([("tax_ids", "in", taxes.ids)])
            # Its price may contain a tax that the payer does not pay.
            services._retax([("rate_id.taxes_id", "in", taxes.ids)])
        return result

    def _clinic_get_groups(self):
        """Return the taxes that consist of these."""
        return self.search([("children_tax_ids", "in", self.ids)])

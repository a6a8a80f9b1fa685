from odoo import models


class AccountMoveLine(models.Model):
    """The taxes that an invoice line contains, for who takes a part of it back."""

    _inherit = "account.move.line"

    def _clinic_get_tax_amounts(self):
        """Return how much of each tax the total of this invoice line contains."""
        self.ensure_one()
        taxes = self.env["account.tax"]
        line = self.move_id._prepare_product_base_line_for_taxes_computation(self)
        taxes._add_tax_details_in_base_line(line, self.company_id)
        taxes._round_base_lines_tax_details([line], self.company_id)
        return {
            data["tax"]: data["tax_amount_currency"]
            for data in line["tax_details"]["taxes_data"]
        }

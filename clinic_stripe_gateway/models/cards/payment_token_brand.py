from odoo import models

from .payment_token import BRANDS

CODES = {name: code for code, name in BRANDS.items()}


class PaymentToken(models.Model):
    _inherit = "payment.token"

    def _clinic_get_brand(self):
        """Know the brands that are switched off in Odoo as well."""
        brand = super()._clinic_get_brand()
        code = CODES.get(self.clinic_brand)
        if brand or not code:
            return brand
        # context: the practice has not switched it on.
        methods = self.env["payment.method"].with_context(active_test=False)
        return methods.search(
            [("code", "=", code), ("is_primary", "=", False)], limit=1
        )

from odoo import models

FIELDS_OF_DISCOUNT = frozenset(
    {"discount_percentage", "early_discount", "early_pay_discount_computation"}
)


class AccountPaymentTerm(models.Model):
    """Terms that may lower taxes, which services follow until they are billed."""

    _inherit = "account.payment.term"

    def write(self, vals):
        result = super().write(vals)
        if FIELDS_OF_DISCOUNT & vals.keys():
            # Whom it is for is said by each contact, and by the defaults.
            self.env["clinic.service"]._reprice([])
        return result

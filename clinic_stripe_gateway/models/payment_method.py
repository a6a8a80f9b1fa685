from odoo import models


class PaymentMethod(models.Model):
    _inherit = "payment.method"

    def write(self, vals):
        """Put the cards of a method that is switched off aside, as a provider's are."""
        # context: tells the cards that they are not being removed.
        aside = self.with_context(clinic_put_aside=True)
        return super(PaymentMethod, aside).write(vals)

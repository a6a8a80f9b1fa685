from odoo import models

from odoo.addons.clinic_invoicing.server_side import tell


class PaymentMethod(models.Model):
    """Payment methods whose cards are kept when they are switched off."""

    _inherit = "payment.method"

    def write(self, vals):
        """Put the cards of a method that is switched off aside, as a provider's are."""
        # context: tells the cards that they are not being removed.
        aside = self.with_context(**tell(clinic_put_aside=True))
        return super(PaymentMethod, aside).write(vals)

from odoo import fields, models
from odoo.exceptions import ValidationError

from ...adapter import TryLater


class PaymentTransaction(models.Model):
    """Charges that Stripe was too busy for: nobody has declined them."""

    _inherit = "payment.transaction"

    clinic_stripe_was_busy = fields.Boolean(
        string="Stripe Was Busy",
        readonly=True,
        copy=False,
        help="Stripe has refused to look at it. The card was not asked.",
    )

    def _clinic_was_turned_away(self):
        return self.clinic_stripe_was_busy or super()._clinic_was_turned_away()

    def _send_api_request(self, method, endpoint, **kwargs):
        """Remember that it was Stripe and not a bank that has refused."""
        try:
            answer = super()._send_api_request(method, endpoint, **kwargs)
        except ValidationError as error:
            self._clinic_stripe_note_busy(isinstance(error.__cause__, TryLater))
            raise
        self._clinic_stripe_note_busy(False)
        return answer

    def _clinic_stripe_note_busy(self, was_busy):
        # sudo: who pays does not write transactions.
        tx = self.sudo()
        if tx.clinic_stripe_was_busy != was_busy:
            tx.clinic_stripe_was_busy = was_busy

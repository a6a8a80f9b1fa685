from odoo import api, models
from odoo.exceptions import AccessError

# What makes the job send a request.
ASKING_FIELDS = {"clinic_stripe_request", "clinic_stripe_ask_at"}


class PaymentTransaction(models.Model):
    """Stock lets billers write transactions, and not all of them may refund."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        for values in vals_list:
            self._clinic_check_asks_for_nothing(values)
        return super().create(vals_list)

    def write(self, vals):
        self._clinic_check_asks_for_nothing(vals)
        return super().write(vals)

    def action_void(self):
        """Let only those release an authorisation who may undo payments.

        The check of the invoice's own button stands there: it calls this as superuser.
        """
        if self.filtered(lambda tx: tx.provider_code == "stripe"):
            self.env["account.payment"]._clinic_check_may_undo()
        return super().action_void()

    @api.model
    def _clinic_check_asks_for_nothing(self, values):
        """Let only Odoo itself say that a request has no answer: it is sent again.

        :raise AccessError: somebody else says so
        """
        if not self.env.su and not values.keys().isdisjoint(ASKING_FIELDS):
            raise AccessError(
                self.env._("Nobody may write what Stripe has not answered.")
            )

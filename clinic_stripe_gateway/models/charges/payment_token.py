from odoo import models


class PaymentToken(models.Model):
    """Cards that cannot be charged by themselves any more."""

    _inherit = "payment.token"

    def _clinic_get_charge_problem(self):
        problem = super()._clinic_get_charge_problem()
        if problem or self.provider_code != "stripe":
            return problem
        # sudo: payers do not read which account a key or a card is of.
        state = self.sudo().clinic_state
        if state == "expired":
            return self.env._("The card has expired.")
        if state == "other_account":
            return self.env._(
                "The card was saved with another account of the practice."
            )
        return False

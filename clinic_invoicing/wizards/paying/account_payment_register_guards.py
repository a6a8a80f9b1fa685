from odoo import models
from odoo.exceptions import UserError

from ...models.paying.payment_transaction_clearing import OFFLINE_CODES


class AccountPaymentRegister(models.TransientModel):
    """Keep people from recording what has not happened."""

    _inherit = "account.payment.register"

    def action_create_payments(self):
        """Take a payment back when a negative amount was typed."""
        if self._clinic_is_negative():
            payments = self.env["account.payment"]._clinic_find_reversible(
                self.partner_id, -self.amount, self.line_ids.move_id
            )
            return payments._clinic_reverse_by_habit(-self.amount)
        return super().action_create_payments()

    def _create_payments(self):
        if self._clinic_is_negative():
            raise UserError(
                self.env._(
                    "A payment is never negative. To take one back, open it and press "
                    "Reverse Payment."
                )
            )
        return super()._create_payments()

    def _clinic_is_negative(self):
        self.ensure_one()
        return bool(
            self.partner_type == "customer"
            and self.currency_id
            and self.currency_id.compare_amounts(self.amount, 0) < 0
        )

    def _init_payments(self, to_process, edit_mode=False):
        """Refuse to record as paid what an online provider has not charged."""
        for values in to_process:
            self._clinic_check_will_charge(values["create_vals"])
        return super()._init_payments(to_process, edit_mode=edit_mode)

    def _clinic_check_will_charge(self, payment_values):
        """Raise UserError when an online provider would not be asked for the money.

        It only is with a saved card, and for one payment at a time.
        """
        line = self.env["account.payment.method.line"].browse(
            payment_values["payment_method_line_id"]
        )
        # sudo: billers do not read providers.
        provider = line.sudo().payment_provider_id
        if (
            payment_values["payment_type"] != "inbound"
            or provider.code in (False, *OFFLINE_CODES)
            or payment_values.get("payment_token_id")
        ):
            return
        raise UserError(
            self.env._(
                "%(provider)s would not be asked for the money, and the invoices would "
                "be shown as paid. Choose a saved card and pay the invoices one by one "
                "or as one payment; send a payment link; or choose the method by which "
                "the money was really received.",
                provider=line.name,
            )
        )

from odoo import models


class AccountMoveLine(models.Model):
    """Odoo's early payment discount: what is let off whoever pays all in time."""

    _inherit = "account.move.line"

    def _clinic_get_discount(self, day):
        """Return what is let off this line when it is paid on ``day``.

        :param date day: ``False`` for a payment that gets no discount
        """
        self.ensure_one()
        move = self.move_id
        if not (
            day
            and self.display_type == "payment_term"
            and move.invoice_payment_term_id.early_discount
            and move._is_eligible_for_early_payment_discount(self.currency_id, day)
        ):
            return 0.0
        return self.currency_id.round(
            self.amount_currency - self.discount_amount_currency
        )

    def _clinic_prepare_discounts(self):
        """Return the lines of a payment that write off the discounts of these.

        They are Odoo's own, as its dialog for payments books them.
        """
        lines = []
        for line in self:
            paid = {
                "aml": line,
                "amount_currency": -line.amount_residual_currency,
                "balance": -line.balance,
            }
            booked = (
                line.move_id._get_invoice_counterpart_amls_for_early_payment_discount(
                    [paid], line.balance - line.discount_balance
                )
            )
            lines += [values for group in booked.values() for values in group]
        return lines

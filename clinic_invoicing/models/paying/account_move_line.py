from odoo import api, models
from odoo.fields import Domain

from ...rules.askers import NOT_DUE


class AccountMoveLine(models.Model):
    """What is owed by a day, the order it is paid in, and Odoo's early discount."""

    _inherit = "account.move.line"

    # === WHEN IT IS ASKED FOR === #

    def _clinic_get_due_day(self):
        """Return the day on which it is to be paid."""
        self.ensure_one()
        return self.date_maturity or self.date

    def _clinic_get_reasons(self, asker, day):
        """Return why this asker does not simply ask for each of these on a day.

        Rooms below add to it.

        :rtype: dict[account.move.line, set]
        """
        by_move = self.move_id._clinic_get_reasons(asker)
        return {
            line: by_move[line.move_id]
            | ({NOT_DUE} if line._clinic_get_due_day() > day else set())
            for line in self
        }

    @api.model
    def _clinic_get_open_domain(self):
        """Return the domain of receivable lines with money open."""
        return Domain(
            [
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )

    # === IN WHICH ORDER === #

    def _clinic_sort_oldest_first(self):
        """Return these in the order in which money pays them: the oldest due first.

        It is the order in which Core reconciles, and tells apart what Core leaves to
        chance: of what is due on one day, the same amount each.
        """
        return self.sorted(
            lambda line: (
                line._clinic_get_due_day(),
                line.currency_id.id,
                line.amount_currency,
                line.id,
            )
        )

    # === HOW MUCH CLOSES IT === #

    def _clinic_get_closing(self, day):
        """Return the money that closes it on a day: what is open less its discount."""
        self.ensure_one()
        discount = self._clinic_get_discount(day)
        return self.currency_id.round(self.amount_residual_currency - discount)

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

from odoo import fields, models


class AccountPayment(models.Model):
    """The outbound payment of money that goes back."""

    _inherit = "account.payment"

    def _clinic_book_given_back(self, amount):
        """Create and post the outbound payment of ``amount``, and net it."""
        self.ensure_one()
        # Context: taxes of a discount are copied, not computed anew.
        payments = self.with_context(skip_invoice_sync=True)
        outbound = payments.create(self._clinic_prepare_given_back(amount))
        outbound.action_post()
        self._clinic_net_against(outbound)
        return outbound.with_env(self.env)

    def _clinic_prepare_given_back(self, amount):
        """Return the values of the outbound payment that gives ``amount`` back.

        In the same journal and by the same method, so that both meet in the same
        outstanding account and the bank's payout is the difference.
        """
        self.ensure_one()
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.id,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "journal_id": self.journal_id.id,
            "company_id": self.company_id.id,
            "payment_method_line_id": self.payment_method_line_id.id,
            "outstanding_account_id": self.outstanding_account_id.id,
            "memo": self.env._("Given back: %(payment)s", payment=self.display_name),
            "clinic_reversed_payment_id": self.id,
            **self._clinic_prepare_given_back_lines(amount),
        }

    def _clinic_prepare_given_back_lines(self, amount):
        """Return the receivable accounts that giving ``amount`` back belongs to.

        A discount that was granted for the payment falls when nothing is left of it.
        """
        parts = self._clinic_get_parts_by_account(amount)
        destination, *others = parts or {self.destination_account_id: amount}
        extra = [
            self._clinic_prepare_part(account, parts[account]) for account in others
        ]
        if self._clinic_is_all_that_is_left(amount):
            extra += self._clinic_prepare_discounts_back()
        return {
            "destination_account_id": destination.id,
            "write_off_line_vals": extra,
        }

    def _clinic_is_all_that_is_left(self, amount):
        """Whether nothing remains of the payment once ``amount`` is given back."""
        left = self.amount - self._clinic_get_given_back()
        return self.currency_id.compare_amounts(amount, left) >= 0

    def _clinic_prepare_part(self, account, amount):
        """Return the values of a line that owes a part on another account."""
        today = fields.Date.context_today(self)
        company_currency = self.company_id.currency_id
        return {
            "name": self.env._("Given back: %(payment)s", payment=self.display_name),
            "account_id": account.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "balance": self.currency_id._convert(
                amount, company_currency, self.company_id, today
            ),
        }

    def _clinic_prepare_discounts_back(self):
        """Return the values of lines that take back discounts and write-offs."""
        _liquidity, _receivable, write_offs = self._seek_for_lines()
        # Context: with the taxes that a discount has changed.
        copies = write_offs.with_context(include_business_fields=True).copy_data()
        return [
            {
                **{
                    name: value
                    for name, value in values.items()
                    if name not in ("move_id", "debit", "credit")
                },
                "amount_currency": -line.amount_currency,
                "balance": -line.balance,
            }
            for line, values in zip(write_offs, copies, strict=True)
        ]

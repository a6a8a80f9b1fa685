from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain

from ..paying.account_payment import BOOKED_STATES

CANDIDATES = 20


class AccountPayment(models.Model):
    """A negative amount that somebody types leads to the reversal."""

    _inherit = "account.payment"

    def _clinic_check_create(self, vals_list):
        for vals in vals_list:
            self._clinic_check_not_negative(vals)
        return super()._clinic_check_create(vals_list)

    def _clinic_check_not_negative(self, vals):
        """Lead who types a negative amount to the payment that it is meant for.

        :raise RedirectWarning: with a button that opens the reversal
        :raise UserError: there is nothing to be taken back
        """
        amount = vals.get("amount") or 0
        kind = vals.get("partner_type") or self.partner_type or "customer"
        if amount >= 0 or kind != "customer":
            return
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        payments = self._clinic_find_reversible(partner or self.partner_id, -amount)
        raise RedirectWarning(
            self.env._(
                "A payment is never negative. To take one back, or a part of it, "
                "reverse it: the money, the books and the invoices follow."
            ),
            payments._clinic_reverse_by_habit(-amount),
            self.env._("Reverse Payment"),
        )

    @api.model
    def _clinic_find_reversible(self, partner, amount, invoices=None):
        """Return the payments that a negative one was meant for, the likeliest first.

        :param res.partner partner: who has paid
        :param float amount: what is to be taken back
        :param account.move invoices: that the payment was for, when that is known
        """
        payer = partner._clinic_get_addressees()
        payments = self.search(
            Domain("clinic_payer_id", "any", payer._clinic_get_own_domain())
            & Domain("payment_type", "=", "inbound")
            & Domain("partner_type", "=", "customer")
            & Domain("state", "in", BOOKED_STATES),
            order="date desc, id desc",
            limit=CANDIDATES,
        )
        invoices = invoices or self.env["account.move"]
        payments = invoices._clinic_get_inbound_payments() | payments

        def rank(payment):
            left = payment._clinic_get_returnable() - amount
            order = payment.currency_id.compare_amounts(left, 0)
            is_for_them = bool(payment._clinic_get_paid_invoices() & invoices)
            return (bool(invoices) and not is_for_them, order < 0, order > 0)

        return payments.filtered(lambda pay: pay._clinic_get_returnable() > 0).sorted(
            rank
        )

    def _clinic_reverse_by_habit(self, amount):
        """Return the action that reverses the first of these payments.

        :raise UserError: there is none
        """
        if not self:
            raise UserError(
                self.env._(
                    "A payment is never negative, and there is no payment of this "
                    "client that could be taken back."
                )
            )
        self._clinic_check_may_undo()
        return self[0]._clinic_get_reversal_action(
            amount=amount, candidate_ids=self.ids
        )

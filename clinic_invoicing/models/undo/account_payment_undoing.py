from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context


class AccountPayment(models.Model):
    """What managers do with payments that should not be."""

    _inherit = "account.payment"

    # === ACTION METHODS === #

    def action_clinic_reverse_payment(self):
        """Open the wizard that takes this payment back."""
        self.ensure_one()
        self._clinic_check_may_undo()
        if self.payment_type == "outbound" and self.clinic_stays_booked:
            # Its provider may say that it has not given the money back after all.
            return self._clinic_get_reversal_action(mode="never_charged")
        if self.clinic_reversed_payment_id and self.payment_type == "outbound":
            raise UserError(
                self.env._(
                    "This is money that was given back. To undo it, open %(payment)s.",
                    payment=self.clinic_reversed_payment_id.display_name,
                )
            )
        if self.currency_id.is_zero(self._clinic_get_returnable()):
            raise UserError(
                self.env._(
                    "Nothing of %(payment)s can be given back.",
                    payment=self.display_name,
                )
            )
        return self._clinic_get_reversal_action()

    def _clinic_get_reversal_action(self, **defaults):
        """Return the action that opens the wizard, with values for its fields."""
        defaults["payment_id"] = self.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reverse Payment"),
            "res_model": "clinic.payment.reversal",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                **clean_context(self.env.context),
                **{f"default_{name}": value for name, value in defaults.items()},
            },
        }

    def action_clinic_void(self):
        """Open the wizard that voids the invoices that these payments have paid."""
        self._clinic_check_may_undo()
        return self._clinic_get_paid_invoices().action_clinic_void()

    def _clinic_get_paid_invoices(self):
        """Return the invoices that these payments have paid, wholly or in part."""
        moves = self._clinic_get_partials().debit_move_id.move_id
        return moves.filtered(lambda move: move.move_type == "out_invoice")

    # === BUSINESS METHODS === #

    def _clinic_undo(self, mode, amount, reason):
        """Take this payment back, wholly or in part.

        :param str mode: ``never_charged``, ``refund`` or ``already_refunded``
        :param float amount: in the currency of the payment; all of it when it was
            never charged
        :param str reason: for the record
        :return: the outbound payments
        :raise AccessError: the user may not
        :raise UserError: it cannot be done, or somebody else is doing it
        """
        self.ensure_one()
        self._clinic_check_may_undo()
        self._clinic_lock_for_undo()
        outbound = self.browse()
        if mode == "never_charged":
            invoices = self._clinic_get_paid_invoices()
            self._clinic_call_off(reason)
        else:
            self._clinic_check_returnable(amount)
            invoices = self.env["account.move"].union(
                *self._clinic_get_reopening(amount)
            )
            refund = mode == "refund"
            send = self._clinic_give_back if refund else self._clinic_adopt_given_back
            outbound = send(amount, reason)
            # A provider may know of more than was asked for.
            amount = max(amount, sum(outbound.mapped("amount")))
            invoices |= outbound.clinic_reopened_invoice_ids
        what = self._clinic_describe_undoing(mode, amount)
        self._clinic_log_undoing(what, reason, self, outbound, invoices)
        return outbound

    def _clinic_describe_undoing(self, mode, amount):
        """Return what was done to this payment, for the record."""
        sentences = {
            "never_charged": self.env._("Payment %(payment)s was called off."),
            "refund": self.env._("%(amount)s of payment %(payment)s is given back."),
            "already_refunded": self.env._(
                "%(amount)s of payment %(payment)s was given back before. Nothing was "
                "sent."
            ),
        }
        return sentences[mode] % {
            "amount": self.currency_id.format(amount),
            "payment": self.display_name,
        }

    def _clinic_describe_sending(self, mode, amount):
        """Return what is going to happen to the money, for who confirms it."""
        self.ensure_one()
        values = {
            "amount": self.currency_id.format(amount),
            "payment": self.display_name,
            "method": self.payment_method_line_id.name,
        }
        if mode == "keep":
            return self.env._(
                "%(amount)s of %(payment)s is credit for other invoices.", **values
            )
        if mode == "already_refunded":
            return self.env._(
                "%(amount)s of %(payment)s is booked as given back; nothing is sent.",
                **values,
            )
        if self._clinic_get_sender():
            return self.env._(
                "%(amount)s of %(payment)s is sent back by %(method)s.", **values
            )
        return self.env._(
            "%(amount)s of %(payment)s (%(method)s) is booked as given back. Hand it "
            "out yourself.",
            **values,
        )

    @api.model
    def _clinic_log_undoing(self, what, reason, *recordsets):
        """Say on these records who has undone what, and why."""
        why = self.env._(
            "By %(user)s. Reason: %(reason)s", user=self.env.user.name, reason=reason
        )
        body = Markup("%s<br/>%s") % (what, why)
        for records in recordsets:
            if records:
                records._message_log_batch(bodies=dict.fromkeys(records.ids, body))

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...actions import RELOAD, notification


class AccountPayment(models.Model):
    """Money that came and has paid nothing yet."""

    _inherit = "account.payment"

    clinic_amount_unallocated = fields.Monetary(
        string="Unallocated", compute="_compute_clinic_amount_unallocated"
    )

    @api.depends("move_id.line_ids.amount_residual_currency", "state")
    def _compute_clinic_amount_unallocated(self):
        for payment in self:
            lines = payment._clinic_get_receivable_lines()
            payment.clinic_amount_unallocated = -sum(
                lines.mapped("amount_residual_currency")
            )

    # === ACTION METHODS === #

    def action_clinic_allocate(self):
        """Pay the payer's open invoices with what is open, the oldest first."""
        self.check_access("write")
        self._clinic_lock_for_undo()
        names = []
        for payment in self:
            paid = payment._clinic_allocate()
            if not paid:
                raise UserError(
                    self.env._(
                        "%(client)s has no open invoice. Give the money back, or leave "
                        "it for the next invoice.",
                        client=payment._clinic_get_payer().display_name,
                    )
                )
            names += paid.mapped("name")
        return notification(
            "success",
            self.env._("Paid: %(names)s", names=", ".join(names)),
            then=RELOAD,
        )

    # === BUSINESS METHODS === #

    def _clinic_get_payer(self):
        """Return who has paid; the payment itself may only know their company."""
        self.ensure_one()
        # sudo: billers do not read every transaction.
        return self.sudo().payment_transaction_id.partner_id or self.partner_id

    def _clinic_allocate(self, invoices=None):
        """Pay open invoices of the payer with what is open of this payment.

        First what the payment was meant for, then the oldest.

        :param account.move invoices: those chosen, instead of all that are open
        :return: the invoices that it has paid, wholly or in part
        """
        self.ensure_one()
        if invoices is None:
            invoices = self._clinic_get_allocatable_invoices()
        return self._clinic_allocate_each({self: invoices})[self]

    def _clinic_allocate_each(self, invoices_by_payment):
        """Pay invoices with what is open of these payments, one after the other.

        :param dict invoices_by_payment: what each may pay
        :return: the invoices that each has paid, wholly or in part
        :rtype: dict[account.payment, account.move]
        """
        groups = []
        for payment in self.filtered(lambda one: one.clinic_amount_unallocated > 0):
            invoices = invoices_by_payment[payment]
            # sudo: billers do not read every transaction.
            meant = invoices & payment.sudo().payment_transaction_id.invoice_ids
            groups += [(payment, meant), (payment, invoices - meant)]
        paid = self._clinic_pay_groups(groups)
        notes = {
            payment.id: self.env._(
                "Allocated to %(names)s.", names=", ".join(moves.mapped("name"))
            )
            for payment, moves in paid.items()
            if moves
        }
        if notes:
            self.browse(notes)._message_log_batch(bodies=notes)
        return paid

    def _clinic_get_allocatable_invoices(self):
        """Return what the payer owes in this currency to this company."""
        self.ensure_one()
        moves = self.env["account.move"]
        return moves.search(
            moves._clinic_get_unpaid_domain(self._clinic_get_payer())
            & Domain("company_id", "=", self.company_id.id)
            & Domain("currency_id", "=", self.currency_id.id),
            order="invoice_date_due, id",
        )

from odoo import fields, models

from .account_payment import BOOKED_STATES


class AccountPayment(models.Model):
    """Deposits: money for a visit that has not been invoiced yet."""

    _inherit = "account.payment"

    clinic_deposit_event_id = fields.Many2one(
        "calendar.event",
        string="Deposit for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The appointment whose invoice this money is taken off.",
    )

    def _clinic_use_deposits(self, invoices):
        """Take these deposits off those of the invoices that bill their visits.

        Never more than is owed, and never off an invoice to somebody else.
        """
        usable = self.filtered(
            lambda payment: (
                payment.state in BOOKED_STATES
                and payment.currency_id.compare_amounts(
                    payment.clinic_amount_unallocated, 0
                )
                > 0
            )
        )
        if not usable or not invoices:
            return
        usable._clinic_lock_for_undo()
        for payment in usable:
            visit = payment.clinic_deposit_event_id
            owed = payment._clinic_get_allocatable_invoices() & invoices
            owed = owed.filtered(
                lambda move, visit=visit: (
                    visit in move.invoice_line_ids.clinic_service_id.event_id
                )
            )
            if owed:
                payment._clinic_allocate(owed)

    def _clinic_get_kept(self):
        """Return what was taken of these payments and has not been given back."""
        booked = self.filtered(lambda payment: payment.state in BOOKED_STATES)
        back = booked.clinic_reversal_ids.filtered(
            lambda payment: payment.state in BOOKED_STATES
        )
        return sum(booked.mapped("amount")) - sum(back.mapped("amount"))

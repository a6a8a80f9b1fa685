from odoo import fields, models

from .clinic_scheduled_charge import OPEN_CHARGE_STATES


class AccountMove(models.Model):
    """Invoices that are charged by themselves: their payers pay nothing twice."""

    _inherit = "account.move"

    clinic_charge_ids = fields.Many2many(
        "clinic.scheduled.charge",
        "clinic_charge_invoice_rel",
        "invoice_id",
        "charge_id",
        string="Scheduled Charges",
        readonly=True,
        copy=False,
        groups="clinic_invoicing.group_biller",
    )

    def _clinic_keep_agreed(self, payer, currency):
        """Return the invoices that are still owed by the payer who has agreed to them.

        A draft may have been given another payer, or another currency, since.
        """
        return self.filtered(
            lambda move: (
                move.state == "posted"
                and move.amount_residual > 0
                and move.currency_id == currency
                and payer._clinic_is_billed_at(move.partner_id)
            )
        )

    def _clinic_has_charge(self, *more_states):
        """Return whether a charge for this is under way, or in one of these states."""
        self.ensure_one()
        # sudo: the fact is for everybody who asks for money.
        states = self.sudo().clinic_charge_ids.mapped("state")
        return not {*OPEN_CHARGE_STATES, *more_states}.isdisjoint(states)

    def _clinic_is_collected(self):
        """Return whether its payer is told otherwise how this is paid."""
        self.ensure_one()
        return self._clinic_has_charge("link_sent")

    def _clinic_is_pay_request_wanted(self):
        """Send no link for what is charged by itself: nobody pays it twice."""
        return (
            super()._clinic_is_pay_request_wanted() and not self._clinic_is_collected()
        )

    def _clinic_after_paid(self):
        """Close what a link was sent for."""
        # sudo: the person who books the payment need not see charges.
        asked = self.sudo().clinic_charge_ids.filtered(
            lambda charge: charge.state == "link_sent"
        )
        for charge in asked:
            charge._close_if_paid()
        return super()._clinic_after_paid()

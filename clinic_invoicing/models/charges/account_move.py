from odoo import api, fields, models
from odoo.fields import Domain

from ...server_side import heard
from .clinic_scheduled_charge import OPEN_STATES


class AccountMove(models.Model):
    """Invoices that are paid by themselves, at once or in parts."""

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
    clinic_plan_ids = fields.Many2many(
        "clinic.payment.plan",
        "clinic_plan_invoice_rel",
        "invoice_id",
        "plan_id",
        string="Payment Plans",
        readonly=True,
        copy=False,
        groups="clinic_invoicing.group_biller",
    )

    def _clinic_keep_agreed(self, payer, currency):
        """Return those still owed, and billed to who has agreed to pay them.

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

    def _clinic_has_plan(self):
        """Whether the client pays this in instalments, as agreed."""
        self.ensure_one()
        # sudo: the fact is for everybody who asks for money.
        return "active" in self.sudo().clinic_plan_ids.mapped("state")

    def _clinic_get_claimable(self):
        claimable = super()._clinic_get_claimable()
        # context: the plan itself collects what it keeps from others.
        if heard(self.env, "clinic_in_plan"):
            return claimable
        return claimable.filtered(lambda move: not move._clinic_has_plan())

    @api.model
    def _clinic_get_asked_domain(self, partner):
        """Do not ask for what the client pays in instalments, as agreed."""
        in_plan = Domain("clinic_plan_ids.state", "=", "active")
        return super()._clinic_get_asked_domain(partner) & ~in_plan

    def _clinic_get_payment_notice(self):
        """Tell the client as well what they have agreed to."""
        notice = super()._clinic_get_payment_notice()
        if not notice and self._clinic_has_plan():
            return self.env._("You pay this in instalments, as agreed.")
        return notice

    def _clinic_get_remindable(self):
        """Keep what a card is about to pay: its payer is told of that."""
        remindable = super()._clinic_get_remindable()
        return remindable.filtered(lambda move: not move._clinic_has_charge())

    def _clinic_has_charge(self, *more_states):
        """Whether a charge for this is under way, or in one of these states."""
        self.ensure_one()
        # sudo: the fact is for everybody who asks for money.
        states = self.sudo().clinic_charge_ids.mapped("state")
        return not {*OPEN_STATES, *more_states}.isdisjoint(states)

    def _clinic_is_collected(self):
        """Whether its payer is told otherwise how this is paid."""
        self.ensure_one()
        return self._clinic_has_charge("link_sent") or self._clinic_has_plan()

    def _clinic_is_pay_request_wanted(self):
        """Send no link for what is charged by itself: nobody pays it twice."""
        return (
            super()._clinic_is_pay_request_wanted() and not self._clinic_is_collected()
        )

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        # sudo: who invoices need not know who pays by themselves.
        agreements = self.env["clinic.autopay"].sudo()
        if posted and agreements.search_count([], limit=1):
            agreements._wake_job()
        return posted

    def _clinic_after_paid(self):
        """Close what a link was sent for."""
        # sudo: whoever books the payment.
        asked = self.sudo().clinic_charge_ids.filtered(
            lambda charge: charge.state == "link_sent" and not charge._get_payable()
        )
        asked._set_done()
        return super()._clinic_after_paid()

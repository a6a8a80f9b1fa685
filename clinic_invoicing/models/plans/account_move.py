from odoo import api, fields, models
from odoo.fields import Domain

from ...server_side import heard


class AccountMove(models.Model):
    """Invoices that are paid in instalments: nobody asks for them otherwise."""

    _inherit = "account.move"

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

    def _clinic_has_plan(self):
        """Return whether the client pays this in instalments, as agreed."""
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
        """Leave out what the client pays in instalments, as agreed."""
        in_plan = Domain("clinic_plan_ids.state", "=", "active")
        return super()._clinic_get_asked_domain(partner) & ~in_plan

    def _clinic_get_payment_notice(self):
        """Tell the client as well what they have agreed to."""
        notice = super()._clinic_get_payment_notice()
        if not notice and self._clinic_has_plan():
            return self.env._("You pay this in instalments, as agreed.")
        return notice

    def _clinic_is_collected(self):
        return super()._clinic_is_collected() or self._clinic_has_plan()

from odoo import api, fields, models
from odoo.fields import Domain

from ...rules.askers import IN_PLAN


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

    @api.model
    def _clinic_get_reason_domains(self):
        domains = super()._clinic_get_reason_domains()
        return {**domains, IN_PLAN: Domain("clinic_plan_ids.state", "=", "active")}

    def _clinic_get_payment_notice(self):
        """Tell the client as well what they have agreed to."""
        notice = super()._clinic_get_payment_notice()
        if not notice and self._clinic_has_reason(IN_PLAN):
            return self.env._("You pay this in instalments, as agreed.")
        return notice

    def _clinic_is_collected(self):
        return super()._clinic_is_collected() or self._clinic_has_reason(IN_PLAN)

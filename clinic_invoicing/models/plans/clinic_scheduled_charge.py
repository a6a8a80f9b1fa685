from odoo import api, models

from ...server_side import tell


class ClinicScheduledCharge(models.Model):
    """Instalments: they pay what their plan keeps from others."""

    _inherit = "clinic.scheduled.charge"

    @api.model
    def _get_preparations(self):
        plans = self.env["clinic.payment.plan"]
        return [plans._refresh_all, *super()._get_preparations()]

    def _get_claimable(self):
        # context: what a plan keeps from others, it collects itself.
        told = self.with_context(**tell(clinic_in_plan=bool(self.plan_id)))
        return super(ClinicScheduledCharge, told)._get_claimable()

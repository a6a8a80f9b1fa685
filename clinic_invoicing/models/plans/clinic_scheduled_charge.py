from odoo import api, models

from ...rules.askers import INSTALMENT


class ClinicScheduledCharge(models.Model):
    """Instalments: they pay what their plan keeps from others."""

    _inherit = "clinic.scheduled.charge"

    @api.model
    def _get_preparations(self):
        plans = self.env["clinic.payment.plan"]
        return [plans._refresh_all, *super()._get_preparations()]

    def _get_asker(self):
        return INSTALMENT if self.plan_id else super()._get_asker()

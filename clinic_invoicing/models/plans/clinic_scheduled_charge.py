from odoo import api, models


class ClinicScheduledCharge(models.Model):
    """Instalments: what was paid otherwise is not charged."""

    _inherit = "clinic.scheduled.charge"

    @api.model
    def _get_preparations(self):
        plans = self.env["clinic.payment.plan"]
        return [plans._refresh_all, *super()._get_preparations()]

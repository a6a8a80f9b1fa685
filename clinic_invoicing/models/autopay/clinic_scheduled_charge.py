from odoo import api, models


class ClinicScheduledCharge(models.Model):
    """Charges of autopay are planned whenever the job begins."""

    _inherit = "clinic.scheduled.charge"

    @api.model
    def _get_preparations(self):
        return [self.env["clinic.autopay"]._plan_charges, *super()._get_preparations()]

from odoo import api, models


class ClinicService(models.Model):
    """Nobody books a service at a visit of another practice."""

    _inherit = "clinic.service"

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_event_id")
        self._check_visits(vals.get("event_id", default) for vals in vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_visits([vals.get("event_id")])
        return super().write(vals)

    @api.model
    def _check_visits(self, event_ids):
        events = self.env["calendar.event"].browse(filter(None, event_ids))
        events._clinic_check_practice()

from odoo import api, fields, models

from ...rules import quantities


class ClinicService(models.Model):
    """How much was rendered, as the rate says that it is counted."""

    _inherit = "clinic.service"

    quantity_mode = fields.Selection(related="rate_id.clinic_quantity_mode")

    @api.depends("rate_id", "duration")
    def _compute_quantity(self):
        for service in self:
            rate = service.rate_id
            if service._origin and service._is_on_invoice():
                continue
            if rate.clinic_quantity_mode == "minutes":
                service.quantity = quantities.units_of_minutes(
                    service.duration * 60,
                    rate.clinic_minutes_per_unit,
                    rate.clinic_minutes_rounding,
                )
            elif rate.clinic_quantity_mode == "amount":
                service.quantity = 1.0
            else:
                service.quantity = service.quantity or 1.0

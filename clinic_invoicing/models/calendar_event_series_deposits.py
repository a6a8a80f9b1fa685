from odoo import models
from odoo.fields import Command

DEPOSITS = ("clinic_deposit_ids", "clinic_deposit_transaction_ids")


class CalendarEvent(models.Model):
    """Deposits follow their visits when a series is rewritten."""

    _inherit = "calendar.event"

    def _clinic_get_visit(self, vals):
        values, services = super()._clinic_get_visit(vals)
        links = {
            name: [Command.link(record.id) for record in self[name]]
            for name in DEPOSITS
            if self[name]
        }
        return {**values, **links}, services

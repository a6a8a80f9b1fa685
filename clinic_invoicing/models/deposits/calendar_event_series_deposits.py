from odoo import models
from odoo.fields import Command

from ...commands import linked_ids

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

    def _clinic_hand_over(self, visits, newer):
        """Tell of deposits for occurrences that no longer take place."""
        heirs = super()._clinic_hand_over(visits, newer)
        remaining = self.exists().filtered("active")
        links = [
            command
            for event in self - remaining - self.browse().union(*heirs)
            for command in visits[event][0].get("clinic_deposit_ids", ())
        ]
        deposits = self.env["account.payment"].browse(linked_ids(links))
        deposits._clinic_tell_of_left_deposits()
        return heirs

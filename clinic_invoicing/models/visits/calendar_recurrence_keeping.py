from odoo import models


class CalendarRecurrence(models.Model):
    """A series of visits is as much its practice's as the visits are."""

    _inherit = "calendar.recurrence"

    def write(self, vals):
        self.calendar_event_ids._clinic_check_practice()
        return super().write(vals)

    def unlink(self):
        self.calendar_event_ids._clinic_check_practice()
        return super().unlink()

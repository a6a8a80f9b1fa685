from contextlib import contextmanager

from odoo import models
from odoo.tools import format_date, format_duration

from ...server_side import heard, tell

# Whoever writes one of these may expect the services of the visit to follow.
FACTS_OF_SERVICES = {
    "allday",
    "clinic_patient_id",
    "duration",
    "event_tz",
    "start",
    "start_date",
    "stop",
    "stop_date",
    "user_id",
}
KEPT_WHEN_BILLED = ("date", "duration", "practitioner_id", "patient_id")


class CalendarEvent(models.Model):
    """Visits that are invoiced: whoever moves them reads what does not follow."""

    _inherit = "calendar.event"

    @contextmanager
    def _clinic_telling_of_billed(self, vals):
        """Tell the front desk which invoiced services stay what they were.

        Forms, lists, and who drags a block in the calendar all come here. Others do
        not read what is billed.
        """
        is_inside = heard(self.env, "clinic_billed_told")
        is_asked = FACTS_OF_SERVICES & vals.keys() and self._clinic_is_front_desk()
        if is_inside or not is_asked:
            yield self
            return
        # sudo: Core hides what is on private appointments of others.
        events = self.sudo()
        if self._clinic_is_series_edit(vals):
            events |= events.recurrence_id.calendar_event_ids
        billed = events.clinic_service_ids.filtered("is_billed")
        before = [billed._clinic_find(name) for name in KEPT_WHEN_BILLED]
        # Context: a series writes to each of its visits on the way.
        yield self.with_context(**tell(clinic_billed_told=True))
        kept = {}
        for name, former in zip(KEPT_WHEN_BILLED, before, strict=True):
            for service, value in billed._clinic_find(name).items():
                if value != former[service] and not service._clinic_says(name, value):
                    kept.setdefault(service, []).append(name)
        if kept:
            self._clinic_tell_of_billed(kept)

    def _clinic_tell_of_billed(self, kept):
        """Show what invoices keep on the screen of who has changed their visits.

        :param dict kept: the names of the fields by service
        """
        sentences = [
            self.env._(
                "%(service)s is invoiced. It keeps: %(values)s.",
                service=service.display_name,
                values=", ".join(
                    self._clinic_describe_kept(service, name) for name in names
                ),
            )
            for service, names in kept.items()
        ]
        advice = self.env._(
            "Credit the invoice if the service has to follow the appointment."
        )
        self.env.user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "title": self.env._("Invoices stay as they are"),
                "message": "\n".join([*sentences, advice]),
                "sticky": True,
            },
        )

    def _clinic_describe_kept(self, service, name):
        field, value = service._fields[name], service[name]
        if name == "date":
            value = format_date(self.env, value)
        elif name == "duration":
            value = format_duration(value)
        else:
            value = value.display_name or ""
        # As this user reads it; services are read in sudo here.
        label = field._description_string(self.env)
        return f"{label} {value}"

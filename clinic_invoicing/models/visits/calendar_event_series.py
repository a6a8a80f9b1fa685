from contextlib import contextmanager

from odoo import models
from odoo.fields import Command

from ...server_side import heard, tell

SERIES_EDITS = ("all_events", "future_events")
# What Core would write on some of the occurrences, or on all: neither is meant.
FIELDS_OF_ONE_VISIT = ("clinic_service_ids", "clinic_status")


class CalendarEvent(models.Model):
    """How the visits of a series keep their services when it is rewritten.

    Core archives or deletes the occurrences and makes new ones: the n-th that went
    hands its services over to the n-th that came. What is left belonged to occurrences
    that no longer take place; those that came in addition get what was booked.
    """

    _inherit = "calendar.event"

    # === REWRITTEN SERIES === #

    def _clinic_is_remade(self):
        """Whether these slots go because their series is being made anew."""
        return heard(self.env, "clinic_series_edit")

    def _clinic_is_series_edit(self, vals):
        """Whether a series is rewritten by these values, not one of its occurrences."""
        is_series_edit = vals.get("recurrence_update") in SERIES_EDITS
        return is_series_edit and len(self) == 1 and bool(self.recurrence_id)

    def _clinic_split_edit(self, vals):
        """Return what is written on this visit alone, and what on its series."""
        if not self._clinic_is_series_edit(vals):
            return {}, vals
        own = {name: vals[name] for name in FIELDS_OF_ONE_VISIT if name in vals}
        return own, {name: vals[name] for name in vals if name not in own}

    def _clinic_write_visit_alone(self, vals):
        """Write on this visit what an edit of its series says, if it is only that.

        :return: whether it was; else the series has to be rewritten
        """
        own, others = self._clinic_split_edit(vals)
        if not own or len(others) > 1:
            return False
        self._clinic_write_visit(own, others["recurrence_update"] == "future_events")
        return True

    @contextmanager
    def _clinic_handing_over(self, vals):
        """Let the visits of a series keep what they have while it is rewritten.

        :return: the slots that are to be written, and the values, for the ``with``
        """
        if not self._clinic_is_series_edit(vals):
            yield self, vals
            return
        own, vals = self._clinic_split_edit(vals)
        # sudo: whoever moves the series need not know what is billed.
        former = self.sudo().recurrence_id.calendar_event_ids.sorted("start")
        visits = {event: event._clinic_get_visit(vals) for event in former}
        booked = former._clinic_get_booked()
        patient = former[:1].clinic_patient_id
        if "clinic_patient_id" in vals:
            # The front desk's copies have got it, or are to have none.
            patient = patient.browse(vals["clinic_patient_id"])
        is_future = vals["recurrence_update"] == "future_events"
        newest = self._clinic_get_newest()
        with former.clinic_service_ids._keeping_rendered():
            # The context tells the recurrence that the services follow below.
            yield self.with_context(**tell(clinic_series_edit=True)), vals
            newer = former._clinic_get_newer(newest)
            heirs = former._clinic_hand_over(visits, newer)
        newer[len(heirs) :]._clinic_book_again(booked, patient)
        event = heirs.get(self, self).with_env(self.env).exists()
        if event and own:
            event._clinic_write_visit(own, is_future)

    def _clinic_get_visit(self, vals):
        """Return what makes this occurrence a visit: its values and its services.

        :param dict vals: what the series is given; what is past is not changed
        """
        visit = {
            "clinic_patient_id": self.clinic_patient_id.id,
            "clinic_status": self.clinic_status,
        }
        if self.clinic_status == "planned" and "clinic_patient_id" in vals:
            visit["clinic_patient_id"] = vals["clinic_patient_id"]
        return visit, self.clinic_service_ids

    def _clinic_get_newest(self):
        """Return the id of the newest event, to know afterwards which came later.

        sudo, and a context that finds archived ones: whoever reads which.
        """
        events = self.sudo().with_context(active_test=False)
        return events.search([], order="id desc", limit=1).id

    def _clinic_get_newer(self, newest):
        """Return the occurrences that were made after the event ``newest``."""
        domain = [("id", ">", newest), ("recurrence_id", "!=", False)]
        return self.search(domain, order="start, id")

    def _clinic_hand_over(self, visits, newer):
        """Let the occurrences that went hand over to the ``newer`` ones, in order.

        :param dict visits: the visit of each, see _clinic_get_visit()
        :return: the heir of each that has one
        :rtype: dict
        """
        gone = self - self.exists().filtered("active")
        heirs = dict(zip(gone, newer, strict=False))
        for event, heir in heirs.items():
            values, services = visits[event]
            heir.write(values)
            services.event_id = heir
        for event in gone[len(heirs) :]:
            visits[event][1]._clinic_cancel_unbilled()
        return heirs

    def _clinic_write_visit(self, vals, is_future):
        """Write what concerns this visit, and book new services for the series.

        :param dict vals: the status of this visit, commands for its services
        :param bool is_future: book for this visit and those that follow, not for all
        """
        series = self.recurrence_id.calendar_event_ids | self
        others = (series - self).filtered(
            lambda event: (
                event.clinic_status == "planned"
                and (not is_future or event.start >= self.start)
            )
        )
        # sudo: Core hides what is on private appointments of others.
        before = series.sudo().clinic_service_ids
        self.write(vals)
        commands = vals.get("clinic_service_ids") or []
        new = [command for command in commands if command[0] == Command.CREATE]
        if new:
            others.write({"clinic_service_ids": new})
        # sudo: nobody says by hand that a service repeats.
        (series.sudo().clinic_service_ids - before).repeats = True

    # === BOOKED SERVICES === #

    def _clinic_get_booked(self):
        """Return the services that further occurrences of this series get.

        Those of its last visit: what was agreed on before may have changed since.
        """
        for event in self.sorted("start", reverse=True):
            booked = event.clinic_service_ids.filtered(
                lambda service: service.repeats and not service.is_cancelled
            )
            if booked:
                return booked.sorted("id")
        return self.env["clinic.service"]

    def _clinic_book_again(self, booked, patient):
        """Give these new occurrences services of their own, like those ``booked``.

        :param patient: of the series, whom not everybody may copy
        """
        if patient:
            nobodys = self.filtered(lambda event: not event.clinic_patient_id)
            nobodys.clinic_patient_id = patient
        repeats = booked._prepare_repeats()
        booked.create(
            [{**vals, "event_id": event.id} for event in self for vals in repeats]
        )

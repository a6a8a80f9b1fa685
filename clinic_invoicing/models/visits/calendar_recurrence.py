from odoo import fields, models

from ...server_side import heard


class CalendarRecurrence(models.Model):
    """A series that is booked with services has them at each of its occurrences.

    It is as much its practice's as its visits are.
    """

    _inherit = "calendar.recurrence"

    # === CRUD METHODS === #

    def write(self, vals):
        self.calendar_event_ids._clinic_check_practice()
        return super().write(vals)

    def unlink(self):
        self.calendar_event_ids._clinic_check_practice()
        return super().unlink()

    # === OCCURRENCES === #

    def _apply_recurrence(
        self,
        specific_values_creation=None,
        no_send_edit=False,
        generic_values_creation=None,
    ):
        # sudo: other calendars make occurrences for people who may not read this.
        former = {
            one: one.calendar_event_ids | one.base_event_id for one in self.sudo()
        }
        detached = super()._apply_recurrence(
            specific_values_creation, no_send_edit, generic_values_creation
        )
        # A series that is edited hands its services over first: calendar.event.write().
        if not heard(self.env, "clinic_series_edit"):
            for recurrence, events in former.items():
                recurrence._clinic_book_services(events)
        return detached

    def _clinic_book_services(self, former):
        """Give the occurrences that were made services of their own.

        :param former: the occurrences that were there before; one alone is what was
            booked, more are a series that another calendar makes anew: of that, what
            is past has its services elsewhere
        """
        self.ensure_one()
        new = (self.calendar_event_ids - former).sorted("start")
        booked = former._clinic_get_booked()
        if booked:
            new = new.filtered(lambda event: event.start >= fields.Datetime.now())
        elif len(former) == 1:
            booked = former.clinic_service_ids.filtered(
                lambda service: not (service.is_fee or service.is_cancelled)
            ).sorted("id")
            booked.repeats = True
        new -= self._clinic_replace_base(former, booked, new)
        new._clinic_book_again(booked, former[:1].clinic_patient_id)

    def _clinic_replace_base(self, former, booked, new):
        """Let the first occurrence take what was booked on a day without any.

        :return: that occurrence
        """
        if len(former) != 1 or former in self.calendar_event_ids:
            return new.browse()
        first = new[:1]
        with booked._keeping_rendered():
            first.clinic_patient_id = former.clinic_patient_id
            booked.event_id = first
        return first

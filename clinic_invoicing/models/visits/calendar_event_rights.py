from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...server_side import heard, tell


class CalendarEvent(models.Model):
    """Whose visits a person may change: calendars are open to every employee.

    Visits are kept by the company that bills them, and no service falls because
    somebody who does not even see it deletes its slot.
    """

    _inherit = "calendar.event"

    # === FRONT DESK === #

    @api.model
    def _clinic_is_front_desk(self):
        return self.env.user.has_group("clinic_invoicing.group_front_desk")

    def _clinic_check_rights(self):
        """Raise for people who do not keep these appointments.

        sudo: Core hides what is on private appointments of others, and it is
        their services' companies that decide.
        """
        if not self._clinic_is_front_desk():
            raise AccessError(self.env._("Only the front desk may bill visits."))
        self.check_access("read")
        self._clinic_check_practice()
        self.sudo().clinic_service_ids.with_env(self.env).check_access("write")

    def _clinic_check_front_desk(self):
        self._clinic_check_rights()
        # sudo: Core hides what is on private appointments of others.
        if any(not event.clinic_is_visit for event in self.sudo()):
            raise UserError(self.env._("Choose the patient of the appointment first."))

    def _clinic_check_status(self, *allowed):
        """Raise for visits whose status is not one of those ``allowed``.

        sudo: as in _clinic_check_front_desk().
        """
        statuses = dict(self._fields["clinic_status"]._description_selection(self.env))
        for event in self.sudo():
            if event.clinic_status not in allowed:
                raise UserError(
                    self.env._(
                        "%(visit)s is already: %(status)s. Reopen the visit first.",
                        visit=event.with_env(self.env).display_name,
                        status=statuses[event.clinic_status],
                    )
                )

    # === OTHER COMPANIES === #

    def _clinic_check_practice(self):
        """Raise AccessError for visits of companies that the user is not of."""
        if self.env.su:
            return
        # sudo: employees who move their own appointments do not read services.
        for event in self.sudo():
            if event._clinic_get_practices() - self.env.user.company_ids:
                raise AccessError(
                    self.env._(
                        "This is a visit of another practice. Only its own people may "
                        "change it."
                    )
                )

    def _clinic_get_practices(self):
        """Return the companies that a visit is of, in sudo; none for other events.

        Those that bill it; before there is anything to bill, the patient's, and else
        one of the practitioner's.
        """
        self.ensure_one()
        patient = self.clinic_patient_id
        companies = self.clinic_service_ids.company_id or patient.company_id
        if companies or not patient:
            return companies
        return self._clinic_get_practitioners_company()

    @api.model
    def _clinic_get_own(self, companies):
        """Return those of these companies that the user is of."""
        return companies & self.env.user.company_ids

    def _clinic_get_practitioners_company(self):
        """Return a company of who sees the patient: one of the user's, if there is."""
        companies = self.user_id.company_ids
        return (self._clinic_get_own(companies) or companies)[:1]

    # === SERVICES THAT WOULD FALL === #

    @contextmanager
    def _clinic_losing_no_service(self, is_slot_taken):
        """Let only the front desk delete or archive what services are booked for.

        It is seen by what has become of them. What is billed or rendered stays,
        whoever deletes its slot.

        :param bool is_slot_taken: else nothing is looked at, on the way neither
        :raise AccessError: somebody else does; nothing is kept then
        """
        is_watched = heard(self.env, "clinic_watched")
        if self.env.su or is_watched or self._clinic_is_front_desk():
            yield self
            return
        # Context: what is done on the way, as when a series is made anew, is not it.
        watched = self.with_context(**tell(clinic_watched=True))
        if not is_slot_taken:
            yield watched
            return
        # sudo: employees do not read services.
        events = self.sudo()
        booked = (events | events.recurrence_id.calendar_event_ids).clinic_service_ids
        services = booked._clinic_filter_lost_with_visit().filtered(
            lambda service: service.state != "cancelled"
        )
        yield watched
        if services.filtered(
            lambda service: service.state == "cancelled" or not service.event_id
        ):
            raise AccessError(
                self.env._(
                    "Something is booked for this visit and would be cancelled. Only "
                    "the front desk may delete or cancel it."
                )
            )

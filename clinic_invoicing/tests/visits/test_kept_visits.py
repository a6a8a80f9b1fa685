from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_neighbours import NeighboursCommon

# What people do with an appointment, on their own screens or over RPC.
EVENT_DOORS = {
    "write": lambda event: event.write({"name": "Moved"}),
    "move": lambda event: event.write({"start": "2024-03-13 14:00:00"}),
    "save": lambda event: event.web_save({"name": "Moved"}, {}),
    "archive": lambda event: event.write({"active": False}),
    "mass archive": lambda event: event.action_mass_archive("self_only"),
    "delete": lambda event: event.unlink(),
    "delete as Core does": lambda event: event.with_context(
        archive_on_error=True
    ).unlink(),
    "status": lambda event: event.write({"clinic_status": "cancelled"}),
    "patient": lambda event: event.write({"clinic_patient_id": False}),
    "services": lambda event: event.write({"clinic_service_ids": [Command.clear()]}),
    "complete": lambda event: event.action_clinic_complete(),
    "complete, invoice": lambda event: event.action_clinic_complete_and_invoice(),
    "invoice": lambda event: event.action_clinic_invoice(),
    "no-show": lambda event: event.action_clinic_no_show(),
    "cancel": lambda event: event.action_clinic_cancel_visit(),
    "reopen": lambda event: event.action_clinic_reopen(),
    "deposit": lambda event: event.action_clinic_take_deposit(),
}
SERIES_DOORS = {
    "all": lambda events: events[0].write(
        {"recurrence_update": "all_events", "name": "Moved"}
    ),
    "future": lambda events: events[1].write(
        {"recurrence_update": "future_events", "name": "Moved"}
    ),
    "mass delete": lambda events: events[0].action_mass_deletion("all_events"),
    "mass archive": lambda events: events[0].action_mass_archive("all_events"),
    "rule": lambda events: events.recurrence_id.write({"count": 1}),
    "no rule": lambda events: events.recurrence_id.unlink(),
}


@tagged("post_install", "-at_install")
class TestKeptVisits(NeighboursCommon):
    """Calendars are open to every employee, and visits are their practice's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._create_event()
        cls.service = cls.visit.clinic_service_ids
        cls.env.flush_all()

    # === VISITS === #

    def _read_visit(self, event):
        self.env.invalidate_all()
        self.assertTrue(event.exists())
        return event.read(
            ["active", "name", "start", "clinic_patient_id", "clinic_status"]
        ) + event.clinic_service_ids.read(["state", "event_id"])

    def assertShut(self, event, doors, user):
        before = self._read_visit(event)
        for door, open_door in doors.items():
            with (
                self.subTest(door=door, user=user.login),
                self.assertRaises(AccessError),
            ):
                open_door(event.with_user(user))
            self.assertEqual(self._read_visit(event), before, door)

    def test_visits_of_another_practice_are_left_alone(self):
        for user in (self.hill_desk, self.hill_manager, self.hill_employee):
            self.assertShut(self.visit, EVENT_DOORS, user)

    def test_visits_without_services_are_their_practitioners_practices(self):
        visit = self._create_event(clinic_service_ids=False)
        self.assertShut(visit, EVENT_DOORS, self.hill_desk)

    def test_series_of_another_practice_are_left_alone(self):
        events = self._create_series()
        for user in (self.hill_desk, self.hill_employee):
            self.assertShut(events, SERIES_DOORS, user)

    def test_nothing_is_booked_at_a_visit_of_another_practice(self):
        services = self.env["clinic.service"].with_user(self.hill_desk)
        values = {"patient_id": self.client.id, "rate_id": self.rate.id}
        for model, more in (
            (services, {"event_id": self.visit.id}),
            (services.with_context(default_event_id=self.visit.id), {}),
        ):
            with self.assertRaises(AccessError):
                model.create({**values, **more})
        own = services.create(values)
        with self.assertRaises(AccessError):
            own.event_id = self.visit

    def test_who_works_for_both_practices_keeps_the_visits_of_both(self):
        self.hill_desk.company_ids |= self.practice
        self.visit.with_user(self.hill_desk).name = "Moved"
        self.assertEqual(self.visit.name, "Moved")

    def test_other_appointments_are_as_open_as_ever(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "Team",
                "start": "2024-03-12 14:00:00",
                "stop": "2024-03-12 15:00:00",
                "user_id": self.employee.id,
            }
        )
        for user in (self.hill_desk, self.hill_employee, self.employee):
            event = meeting.with_user(user)
            event.write({"name": f"Seen by {user.name}", "location": "Room 2"})
        meeting.with_user(self.hill_employee).unlink()
        self.assertFalse(meeting.exists())

    # === SERVICES THAT WOULD FALL === #

    def test_no_service_falls_because_somebody_deletes_its_slot(self):
        doors = {
            name: EVENT_DOORS[name]
            for name in ("archive", "mass archive", "delete", "delete as Core does")
        }
        for value in (True, 1, "watched"):
            doors[f"claim {value}"] = lambda event, value=value: event.with_context(
                clinic_watched=value
            ).unlink()
        for user in (self.employee, self.practitioner):
            self.assertShut(self.visit, doors, user)
        self.assertEqual(self.service.state, "planned")

    def test_no_service_falls_because_somebody_deletes_the_series(self):
        doors = {name: SERIES_DOORS[name] for name in ("mass delete", "mass archive")}
        self.assertShut(self._create_series(), doors, self.practitioner)

    def test_employees_move_and_rename_visits_as_ever(self):
        events = self._create_series()
        events[0].with_user(self.practitioner).write({"location": "Room 2"})
        events[0].with_user(self.practitioner).write(
            {"recurrence_update": "all_events", "name": "Back school"}
        )
        self.visit.with_user(self.practitioner).start = "2024-03-13 15:00:00"
        self.assertEqual(self.service.date.isoformat(), "2024-03-13")
        self.assertEqual(self.service.state, "planned")

    def test_what_is_billed_does_not_need_its_slot(self):
        self.visit.action_clinic_complete()
        self._invoice(self.service)
        self.visit.with_user(self.practitioner).unlink()
        self.assertEqual(self.service.state, "invoiced")

    def test_the_front_desk_deletes_visits(self):
        self.visit.with_user(self.front_desk).unlink()
        self.assertEqual(self.service.state, "cancelled")

    def test_no_context_of_a_request_keeps_the_services_of_a_deleted_visit(self):
        for flag in ("archive_on_error", "clinic_series_edit"):
            visit = self._create_event()
            service = visit.clinic_service_ids
            # Context: as a client may send it.
            context = {flag: True}
            visit.with_user(self.front_desk).with_context(**context).unlink()
            self.assertEqual(service.state, "cancelled", flag)

import os
import random
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from ..common import WEEKLY, ClinicInvoicingCommon
from .common_series_edits import SeriesEdits

# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
SEQUENCES = int(CHOSEN or 6)
# Before the first occurrence: all of them are future ones.
NOW = "2024-03-11 08:00:00"


@tagged("post_install", "-at_install")
class TestSeries(ClinicInvoicingCommon):
    """Each occurrence has the services that were booked, whatever becomes of it."""

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOW)
        clock.start()
        self.addCleanup(clock.stop)

    def _book(self, rates=None, count=4, user=None, **values):
        """Book a weekly series together with its services; return its occurrences."""
        events = self._create_series(rates=rates, count=count, user=user, **values)
        self.env.flush_all()
        return events

    def _series(self, event):
        return event.recurrence_id.calendar_event_ids.sorted("start")

    def _all_services(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["clinic.service"].search(
            [("patient_id", "=", self.client.id)], order="date, id"
        )

    def _later(self, event, hours=3):
        """Return the values that move an appointment on its day."""
        shift = timedelta(hours=hours)
        return {"start": event.start + shift, "stop": event.stop + shift}

    def assertEachHas(self, events, rates):
        for event in events:
            self.assertEqual(
                event.clinic_service_ids.sorted("id").mapped("rate_id.name"),
                [rate.name for rate in rates],
                event.start,
            )

    # === BOOKING === #

    def test_each_occurrence_has_services_of_its_own(self):
        events = self._book([self.rate, self.insurer_rate])
        self.assertEqual(len(events), 4)
        self.assertEachHas(events, [self.rate, self.insurer_rate])
        self.assertEqual(len(self._all_services()), 8)
        for event in events:
            self.assertRecordValues(
                event.clinic_service_ids.sorted("id"),
                [
                    {
                        "date": event.start.date(),
                        "patient_id": self.client.id,
                        "bill_to_id": self.client.id,
                        "practitioner_id": self.practitioner.id,
                        "duration": 1,
                        "price_unit": price,
                        "state": "planned",
                        "repeats": True,
                    }
                    for price in (100, 80)
                ],
            )

    def test_price_that_was_agreed_is_the_price_of_each(self):
        events = self._book(
            clinic_service_ids=[
                Command.create({"rate_id": self.rate.id, "price_unit": 70})
            ]
        )
        self.assertEqual(events.clinic_service_ids.mapped("amount_total"), [70] * 4)

    def test_visit_that_becomes_a_series_is_repeated(self):
        event = self._create_event()
        event.action_clinic_complete_and_invoice()
        event.with_user(self.front_desk).write(dict(WEEKLY))
        events = self._series(event)
        self.assertEachHas(events, [self.rate])
        self.assertEqual(
            events.mapped("clinic_billing_state"), ["invoiced", "planned", "planned"]
        )
        self.assertEqual(
            events.mapped("clinic_status"), ["completed", "planned", "planned"]
        )

    def test_booking_on_another_weekday_moves_the_services_along(self):
        first = self._create_event(**{**WEEKLY, "tue": False, "thu": True})
        self.assertFalse(first.active)
        events = self.env["calendar.event"].search(
            [("recurrence_id", "!=", False), ("clinic_patient_id", "=", self.client.id)]
        )
        self.assertEqual(len(events), 3)
        self.assertEachHas(events, [self.rate])
        self.assertEqual(self._all_services().mapped("state"), ["planned"] * 3)

    def test_series_without_patient_stays_cores_own(self):
        events = self._book(clinic_patient_id=False, clinic_service_ids=[])
        events[1].write({"recurrence_update": "all_events", "count": 6})
        self.assertFalse(self._series(events[0]).clinic_service_ids)
        self.assertFalse(self._series(events[0]).clinic_patient_id)

    # === EXTENDING AND SPLITTING === #

    def test_longer_series_gets_what_was_booked(self):
        events = self._book()
        services = self._all_services()
        events[0].write({"recurrence_update": "all_events", "count": 6})
        events = self._series(events[0])
        self.assertEqual(len(events), 6)
        self.assertEachHas(events, [self.rate])
        self.assertEqual(services.exists(), services)
        self.assertEqual(len(self._all_services()), 6)

    def test_longer_series_does_not_repeat_what_one_visit_had_in_addition(self):
        report = self._create_rate("Report", 35)
        events = self._book(count=2)
        events[0].clinic_service_ids = [Command.create({"rate_id": report.id})]
        events[0].action_clinic_complete_and_invoice()
        events[1].write({"recurrence_update": "all_events", "count": 4})
        events = self._series(events[0])
        self.assertEachHas(events[1:], [self.rate])
        self.assertEachHas(events[0], [self.rate, report])
        self.assertEqual(
            events.clinic_service_ids.sorted(lambda one: (one.date, one.id)).mapped(
                "state"
            ),
            ["invoiced", "invoiced", "planned", "planned", "planned"],
        )

    def test_practitioner_who_extends_the_series_books_it_as_well(self):
        events = self._book(user_id=self.employee.id)
        events[0].with_user(self.employee).write(
            {"recurrence_update": "all_events", "count": 6}
        )
        events = self._series(events[0])
        self.assertEachHas(events, [self.rate])
        self.assertEqual(events.clinic_patient_id, self.client)

    def test_split_series_keeps_its_services(self):
        events = self._book()
        services = self._all_services()
        events[2].write(
            {"recurrence_update": "future_events", **self._later(events[2])}
        )
        self.assertEqual(self._all_services(), services)
        starts = services.event_id.sorted("start").mapped("start")
        self.assertEqual([start.hour for start in starts], [14, 14, 17, 17])
        self.assertEqual(len(services.event_id), 4)

    def test_split_series_can_be_extended(self):
        events = self._book()
        events[2].write({"recurrence_update": "future_events", "count": 5})
        self.assertEachHas(
            self._series(events[0]) | self._series(events[2]), [self.rate]
        )
        self.assertEqual(len(self._all_services()), 7)

    def test_rhythm_of_the_series_can_change(self):
        events = self._book()
        services = self._all_services()
        events[0].write({"recurrence_update": "all_events", "interval": 2})
        self.assertEqual(self._all_services(), services)
        self.assertEqual([one.date.day for one in services], [12, 26, 9, 23])

    def test_weekday_of_the_series_can_change(self):
        events = self._book()
        services = self._all_services()
        events[0].write({"recurrence_update": "all_events", "tue": False, "wed": True})
        self.assertEqual(self._all_services(), services)
        self.assertEqual(services.mapped("state"), ["planned"] * 4)
        self.assertEqual(len(services.event_id.filtered("active")), 4)

    def test_series_that_ends_leaves_one_visit(self):
        events = self._book()
        services = self._all_services()
        events[0].write({"recurrence_update": "all_events", "recurrency": False})
        self.assertEqual(services.mapped("state"), ["planned"] + ["cancelled"] * 3)

    def test_any_visit_of_a_series_can_become_the_only_one(self):
        for index in range(4):
            with self.subTest(index=index):
                events = self._book()
                services = [event.clinic_service_ids for event in events]
                events[index].with_user(self.employee).write(
                    {"recurrence_update": "all_events", "recurrency": False}
                )
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(events.exists(), events[index])
                self.assertFalse(events[index].recurrence_id)
                kept = services.pop(index)
                self.assertEqual(events[index].clinic_service_ids, kept)
                self.assertEqual(kept.state, "planned")
                gone = self.env["clinic.service"].union(*services)
                self.assertEqual(gone.mapped("state"), ["cancelled"] * 3)

    def test_rendered_visit_stays_billable_when_the_series_becomes_one_visit(self):
        events = self._book()
        events[0].action_clinic_complete()
        rendered = events[0].clinic_service_ids
        events[2].write({"recurrence_update": "all_events", "recurrency": False})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(rendered.state, "to_invoice")

    def test_patient_who_is_taken_off_the_series_does_not_come_back(self):
        events = self._book()
        events[0].with_user(self.front_desk).write(
            {
                "recurrence_update": "all_events",
                "count": 6,
                "clinic_patient_id": False,
            }
        )
        self.env.invalidate_all()
        self.assertFalse(self._series(events[0]).clinic_patient_id)

    def test_rendered_visit_keeps_its_day_when_the_series_moves(self):
        events = self._book()
        services = self._all_services()
        events[0].action_clinic_complete()
        events[1].write(
            {
                "recurrence_update": "all_events",
                "start": datetime(2024, 3, 20, 15, 0),
                "stop": datetime(2024, 3, 20, 17, 0),
                "user_id": self.employee.id,
                "clinic_patient_id": self.other_client.id,
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            services[:2],
            [
                {
                    "date": datetime(2024, 3, 12).date(),
                    "duration": 1,
                    "practitioner_id": self.practitioner.id,
                    "patient_id": self.client.id,
                    "state": "to_invoice",
                },
                {
                    "date": datetime(2024, 3, 20).date(),
                    "duration": 2,
                    "practitioner_id": self.employee.id,
                    "patient_id": self.other_client.id,
                    "state": "planned",
                },
            ],
        )

    # === SERVICES THAT ARE GIVEN TO THE SERIES === #

    def test_service_that_is_added_to_all_events_is_on_each(self):
        for more in ({}, {"start": datetime(2024, 3, 19, 17, 0)}):
            with self.subTest(**more):
                events = self._book()
                events[0].action_clinic_complete_and_invoice()
                command = Command.create({"rate_id": self.insurer_rate.id})
                if more:
                    more = self._later(events[1])
                events[1].with_user(self.front_desk).write(
                    {
                        "recurrence_update": "all_events",
                        "clinic_service_ids": [command],
                        **more,
                    }
                )
                events = self._series(events[0])
                self.assertEachHas(events[1:], [self.rate, self.insurer_rate])
                # What took place is not added to.
                self.assertEachHas(events[0], [self.rate])
                events[0].write({"recurrence_update": "all_events", "count": 5})
                last = self._series(events[0])[-1]
                self.assertEachHas(last, [self.rate, self.insurer_rate])

    def test_service_that_is_added_to_future_events_is_on_those(self):
        events = self._book()
        command = Command.create({"rate_id": self.insurer_rate.id})
        events[2].with_user(self.front_desk).write(
            {
                "recurrence_update": "future_events",
                "clinic_service_ids": [command],
                **self._later(events[2]),
            }
        )
        self.assertEachHas(self._series(events[0]), [self.rate])
        self.assertEachHas(self._series(events[2]), [self.rate, self.insurer_rate])

    def test_service_that_is_changed_with_the_series_is_changed_once(self):
        events = self._book()
        service = events[2].clinic_service_ids
        events[2].with_user(self.front_desk).write(
            {
                "recurrence_update": "all_events",
                "clinic_service_ids": [Command.update(service.id, {"price_unit": 70})],
                **self._later(events[2]),
            }
        )
        self.assertEqual(self._all_services().mapped("price_unit"), [100, 100, 70, 100])

    def test_status_is_of_one_visit_whatever_is_edited(self):
        for scope in ("all_events", "future_events"):
            events = self._book(count=3)
            series = events.recurrence_id
            events[1].with_user(self.front_desk).write(
                {"recurrence_update": scope, "clinic_status": "completed"}
            )
            self.assertEqual(
                events.clinic_service_ids.sorted("date").mapped("state"),
                ["planned", "to_invoice", "planned"],
            )
            # The series itself was not touched.
            self.assertEqual(series.calendar_event_ids.sorted("start"), events)

    # === OTHER CALENDARS === #

    def test_calendar_that_makes_a_series_anew_neither_loses_nor_doubles(self):
        events = self._book()
        services = self._all_services()
        events[1].action_clinic_complete_and_invoice()
        series = events.recurrence_id
        base = series.base_event_id
        # As a synchronised calendar does when the time of the series has changed.
        (events - base).unlink()
        base.write(self._later(base))
        series._apply_recurrence()
        planned = self._series(base)
        self.assertEqual(len(planned), 4)
        self.assertEachHas(planned, [self.rate])
        self.assertEqual(
            services.mapped("state"), ["planned", "invoiced", "cancelled", "cancelled"]
        )

    def test_calendar_that_makes_a_series_anew_leaves_the_past_alone(self):
        events = self._book()
        events[:2].action_clinic_complete()
        with freeze_time("2024-03-25 08:00:00"):
            series = events.recurrence_id
            (events - series.base_event_id).unlink()
            series._apply_recurrence()
        self.assertEqual(
            self._all_services().mapped("state"),
            ["to_invoice", "to_invoice"] + ["cancelled", "planned"] * 2,
        )

    # === ANYTHING, IN ANY ORDER === #

    def test_no_sequence_of_edits_loses_or_doubles_a_service(self):
        for number in range(SEQUENCES):
            seed = random.randrange(10**6) if CHOSEN else number
            with self.subTest(seed=seed), self.cr.savepoint() as savepoint:
                SeriesEdits(self, random.Random(seed)).play()
                savepoint.close(rollback=True)
            self.env.invalidate_all()

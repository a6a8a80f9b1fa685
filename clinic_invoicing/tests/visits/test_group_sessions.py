from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common import WEEKLY, ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestGroupSessions(ClinicInvoicingCommon):
    """One slot, many patients: each comes or not, and each is billed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_rate = cls._create_rate("Group session", 30)
        cls.fee = cls._create_rate("Missed session", 10)
        cls.practice.clinic_no_show_rate_id = cls.fee
        # In the order of their names, as the dialog takes them.
        cls.patients = cls.child | cls.client | cls.other_client

    def _create_session(self, patients=None, **values):
        """Return a session that has no patient of its own, and its services."""
        values.setdefault("name", "Back school")
        event = self._create_event(
            clinic_patient_id=False, clinic_service_ids=[], **values
        )
        self._add(event, self.patients if patients is None else patients)
        return event, event.clinic_service_ids.sorted("id")

    def _add(self, event, patients, **values):
        """Add patients as the front desk does: by the dialog."""
        action = event.with_user(self.front_desk).action_clinic_add_patients()
        model = self.env[action["res_model"]].with_user(self.front_desk)
        form = Form(model.with_context(**action["context"]))
        for patient in patients:
            form.patient_ids.add(patient)
        form.rate_id = self.group_rate
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()

    def _miss(self, service, status="no_show", **values):
        """Say of one patient of a group that they did not come."""
        action = service.with_user(self.front_desk).action_absent()
        model = self.env[action["res_model"]].with_user(self.front_desk)
        form = Form(model.with_context(**action["context"]))
        form.status = status
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_confirm()
        return service.event_id.clinic_service_ids.filtered(
            lambda one: one.is_fee and one.patient_id == service.patient_id
        )

    # === PATIENTS === #

    def test_several_patients_are_added_at_once(self):
        event, services = self._create_session()
        self.assertRecordValues(
            services,
            [
                {
                    "patient_id": patient.id,
                    "bill_to_id": (patient.clinic_guarantor_id or patient).id,
                    "rate_id": self.group_rate.id,
                    "date": date(2024, 3, 12),
                    "practitioner_id": self.practitioner.id,
                    "state": "planned",
                }
                for patient in self.patients
            ],
        )
        self.assertRecordValues(
            event.with_user(self.front_desk),
            [
                {
                    "clinic_patient_count": 3,
                    "clinic_group_label": "3 patients",
                    "clinic_is_visit": True,
                    "display_name": "3 patients · Back school",
                }
            ],
        )
        self.assertEqual(event.with_user(self.employee).display_name, "Back school")

    def test_adding_a_patient_twice_books_one_service(self):
        event, services = self._create_session()
        self._add(event, self.patients)
        self.assertEqual(event.clinic_service_ids.sorted("id"), services)
        # Who had left comes back.
        services[1].action_cancel()
        self._add(event, self.client)
        self.assertEqual(len(event.clinic_service_ids), 4)

    def test_patients_are_added_to_planned_sessions_only(self):
        event, _services = self._create_session()
        event.clinic_status = "completed"
        with self.assertRaisesRegex(UserError, "Reopen the visit first"):
            event.with_user(self.front_desk).action_clinic_add_patients()

    def test_patients_are_added_to_a_whole_series(self):
        event, _services = self._create_session(patients=self.client, **WEEKLY)
        events = event.recurrence_id.calendar_event_ids.sorted("start")
        self._add(events[1], self.child | self.other_client, with_following=True)
        self.assertEqual([len(one.clinic_service_ids) for one in events], [1, 2, 2])
        # The series is extended with those who were booked for it.
        events[1].write({"recurrence_update": "future_events", "count": 4})
        last = self.env["calendar.event"].search([], order="start desc", limit=1)
        self.assertEqual(last.start.date(), date(2024, 4, 9))
        self.assertEqual(
            last.clinic_service_ids.patient_id, self.child | self.other_client
        )

    def test_session_is_on_the_clinics_calendar(self):
        event, _services = self._create_session()
        action = self.env.ref("clinic_invoicing.calendar_event_action_clinic")
        model = self.env["calendar.event"].with_user(self.front_desk)
        domain = action._get_action_dict()["domain"]
        self.assertIn(event, model.search(eval(domain)))  # noqa: S307
        self.assertTrue(event.with_user(self.front_desk).user_can_edit)

    def test_session_is_edited_on_its_form(self):
        event, services = self._create_session()
        with Form(event.with_user(self.front_desk)) as form:
            form.name = "Back school II"
            with form.clinic_service_ids.edit(1) as line:
                line.attendance = "cancelled"
            with form.clinic_service_ids.new() as line:
                line.patient_id = self.child
                line.rate_id = self.rate
        self.assertEqual(services.patient_id, self.patients)
        self.assertEqual(services[1].state, "cancelled")
        added = event.clinic_service_ids - services
        self.assertRecordValues(
            added, [{"patient_id": self.child.id, "state": "planned"}]
        )

    def test_moving_the_session_moves_the_dates_and_no_patient(self):
        event, services = self._create_session()
        event.write(
            {
                "start": datetime(2024, 3, 20, 14, 0),
                "stop": datetime(2024, 3, 20, 16, 0),
            }
        )
        self.assertRecordValues(
            services,
            [
                {"patient_id": patient.id, "date": date(2024, 3, 20), "duration": 2}
                for patient in self.patients
            ],
        )

    def test_changing_the_patient_of_the_slot_leaves_the_others_alone(self):
        event = self._create_event(self.client)
        own = event.clinic_service_ids
        other = self._create_service(patient=self.other_client, event_id=event.id)
        with Form(event.with_user(self.front_desk)) as form:
            form.clinic_patient_id = self.child
        self.assertEqual(own.patient_id, self.child)
        self.assertRecordValues(
            other,
            [{"patient_id": self.other_client.id, "bill_to_id": self.other_client.id}],
        )
        event.clinic_patient_id = False
        self.assertEqual((own | other).patient_id, self.child | self.other_client)

    def test_moving_a_series_of_sessions_leaves_their_patients_alone(self):
        event, _services = self._create_session(patients=self.patients[:0], **WEEKLY)
        self._add(event, self.patients, with_following=True)
        # One of them also stands on the slot itself.
        events = event.recurrence_id.calendar_event_ids
        events.clinic_patient_id = self.client
        services = events.clinic_service_ids
        self.assertEqual(len(services), 9)
        event.write(
            {
                "recurrence_update": "all_events",
                "start": datetime(2024, 3, 12, 17, 0),
                "stop": datetime(2024, 3, 12, 18, 0),
            }
        )
        self.assertEqual(len(services.event_id), 3)
        for one in services.event_id:
            self.assertEqual(one.start.hour, 17)
            self.assertEqual(one.clinic_service_ids.patient_id, self.patients)

    # === ATTENDANCE === #

    def test_complete_and_invoice_bills_each_patient_who_came(self):
        event, services = self._create_session()
        services[2].with_user(self.front_desk).attendance = "no_show"
        action = event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        bill = services.invoice_ids
        self.assertEqual(action["url"], f"/clinic/desk/pay/{bill.id}")
        self.assertEqual(
            services.mapped("state"), ["invoiced", "invoiced", "cancelled"]
        )
        # The child's is on the bill of who pays for both.
        self.assertRecordValues(
            services.invoice_ids, [{"partner_id": self.client.id, "amount_total": 60}]
        )
        self.assertEqual(
            services.invoice_ids.invoice_line_ids.clinic_service_id.patient_id,
            self.client | self.child,
        )

    def test_attendance_outweighs_the_appointment(self):
        event, services = self._create_session()
        services[0].attendance = "attended"
        self.assertEqual(services.mapped("state"), ["to_invoice", "planned", "planned"])
        event.clinic_status = "cancelled"
        self.assertEqual(
            services.mapped("state"), ["to_invoice", "cancelled", "cancelled"]
        )
        services[0].attendance = False
        self.assertEqual(services[0].state, "cancelled")

    def test_single_patient_is_charged_for_not_coming(self):
        event, services = self._create_session()
        fee = self._miss(services[2])
        self.assertRecordValues(
            fee,
            [
                {
                    "patient_id": self.other_client.id,
                    "amount_total": 10,
                    "state": "to_invoice",
                }
            ],
        )
        self.assertEqual(event.clinic_status, "planned")
        self.assertEqual(services.mapped("attendance"), [False, False, "no_show"])
        with self.assertRaisesRegex(UserError, "expected at this visit"):
            self._miss(services[2])
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        # The biller decides when the fee is billed.
        self.assertEqual(fee.state, "to_invoice")

    def test_patient_who_comes_after_all_owes_no_fee(self):
        _event, services = self._create_session()
        for attendance in (False, "attended"):
            fee = self._miss(services[0]).filtered(lambda one: not one.is_cancelled)
            services[0].with_user(self.front_desk).attendance = attendance
            self.assertEqual(fee.state, "cancelled")
        fee = self._miss(services[1])
        invoice = self._invoice(fee)
        with self.assertRaisesRegex(UserError, invoice.name):
            services[1].with_user(self.front_desk).attendance = "attended"

    def test_session_that_nobody_attends_charges_everybody(self):
        event, services = self._create_session()
        self._miss(services[0])
        action = event.with_user(self.front_desk).action_clinic_no_show()
        model = self.env[action["res_model"]].with_user(self.front_desk)
        form = Form(model.with_context(**action["context"]))
        self.assertEqual(form.patient_ids[:], self.client | self.other_client)
        form.save().action_confirm()
        fees = event.clinic_service_ids.filtered("is_fee")
        self.assertEqual(fees.patient_id, self.patients)
        self.assertEqual(len(fees), 3)

    def test_reopening_a_session_leaves_the_fee_of_a_single_patient(self):
        event, services = self._create_session()
        alone = self._miss(services[0])
        event.clinic_status = "cancelled"
        event.with_user(self.front_desk).action_clinic_reopen()
        self.assertEqual(alone.state, "to_invoice")

    def test_strangers_are_not_charged(self):
        event, _services = self._create_session(patients=self.client)
        wizard = (
            self.env["clinic.visit.closing"]
            .with_user(self.front_desk)
            .create(
                {
                    "event_id": event.id,
                    "patient_ids": [Command.set(self.other_client.ids)],
                }
            )
        )
        with self.assertRaisesRegex(UserError, "expected at this visit"):
            wizard.action_confirm()
        self.assertEqual(event.clinic_status, "planned")

    def test_absence_is_not_recorded_by_others(self):
        event, services = self._create_session()
        with self.assertRaises(AccessError):
            services[0].with_user(self.employee).action_absent()
        with self.assertRaises(AccessError):
            services[0].with_user(self.employee).attendance = "no_show"
        with self.assertRaisesRegex(UserError, "has no appointment"):
            self._create_service().action_absent()
        self.assertEqual(event.clinic_status, "planned")

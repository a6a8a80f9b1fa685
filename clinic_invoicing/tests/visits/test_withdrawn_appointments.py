from datetime import date

from odoo.fields import Date
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestWithdrawnAppointments(ClinicInvoicingCommon):
    """What becomes of services whose appointment is deleted or archived."""

    # === APPOINTMENTS THAT GO AWAY === #

    def test_deleting_an_appointment_cancels_what_is_not_billed(self):
        event = self._create_event()
        service = event.clinic_service_ids
        event.unlink()
        self.assertRecordValues(
            service,
            [
                {
                    "event_id": False,
                    "is_cancelled": True,
                    "state": "cancelled",
                    "amount_due": 0,
                    "date": date(2024, 3, 12),
                    "patient_id": self.client.id,
                }
            ],
        )

    def test_deleting_an_appointment_keeps_what_is_billed(self):
        event = self._create_event()
        service = event.clinic_service_ids
        event.action_clinic_complete_and_invoice()
        event.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            service,
            [
                {
                    "event_id": False,
                    "is_cancelled": False,
                    "state": "invoiced",
                    "date": date(2024, 3, 12),
                    "practitioner_id": self.practitioner.id,
                    "amount_due": 100,
                }
            ],
        )

    def test_employee_may_delete_the_slot_of_what_was_rendered(self):
        event = self._create_event(user_id=self.employee.id)
        service = event.clinic_service_ids
        event.action_clinic_complete()
        event.with_user(self.employee).unlink()
        self.assertRecordValues(service, [{"event_id": False, "state": "to_invoice"}])

    # === APPOINTMENTS THAT GO AWAY, SERVICES THAT COME BACK === #

    def test_archiving_an_appointment_cancels_what_is_planned(self):
        event = self._create_event()
        service = event.clinic_service_ids
        event.active = False
        self.assertRecordValues(service, [{"state": "cancelled", "amount_due": 0}])
        event.active = True
        self.assertRecordValues(service, [{"state": "planned", "amount_due": 100}])

    def test_archiving_an_appointment_keeps_what_was_rendered_or_billed(self):
        billed, rendered = self._create_event(), self._create_event()
        billed.action_clinic_invoice()
        rendered.action_clinic_complete()
        (billed | rendered).active = False
        self.assertEqual(billed.clinic_service_ids.state, "invoiced")
        self.assertEqual(rendered.clinic_service_ids.state, "to_invoice")

    def test_restored_service_of_a_deleted_appointment_can_be_billed(self):
        for status in ("planned", "no_show", "cancelled"):
            with self.subTest(status=status):
                event = self._create_event()
                service = event.clinic_service_ids
                event.clinic_status = status
                event.unlink()
                service.with_user(self.front_desk).action_restore()
                self.assertRecordValues(
                    service,
                    [
                        {
                            "state": "to_invoice",
                            "appointment_status": False,
                            "date": Date.to_date("2024-03-12"),
                        }
                    ],
                )

    def test_restored_service_of_an_archived_appointment_can_be_billed(self):
        event = self._create_event()
        service = event.clinic_service_ids
        service.action_cancel()
        event.active = False
        service.with_user(self.front_desk).action_restore()
        self.assertRecordValues(service, [{"state": "to_invoice", "event_id": False}])

    def test_restored_service_of_an_appointment_follows_it(self):
        event = self._create_event()
        event.clinic_service_ids.action_cancel()
        event.clinic_service_ids.action_restore()
        self.assertRecordValues(
            event.clinic_service_ids, [{"state": "planned", "event_id": event.id}]
        )

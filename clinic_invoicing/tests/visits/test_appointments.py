from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestAppointments(ClinicInvoicingCommon):
    """What the front desk does with a visit, without any accounting right."""

    def _as_front_desk(self, event):
        # What the set-up has cached would hide what the front desk cannot read.
        self.env.flush_all()
        self.env.invalidate_all()
        return event.with_user(self.front_desk)

    def _invoices(self, event):
        return event.clinic_service_ids.invoice_ids

    def assertNotification(self, action, kind, text):
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["type"], kind)
        self.assertIn(text, action["params"]["message"])

    def assertPaymentStep(self, action, invoices):
        """The action leads to the desk's page for one of these invoices."""
        self.assertEqual(action["type"], "ir.actions.act_url")
        pages = [f"/clinic/desk/pay/{invoice.id}" for invoice in invoices]
        self.assertIn(action["url"], pages)

    # === COMPLETE & INVOICE, INVOICE APPOINTMENT === #

    def test_complete_and_invoice_completes_and_invoices(self):
        event = self._create_event(self.child)
        action = self._as_front_desk(event).action_clinic_complete_and_invoice()
        invoice = self._invoices(event)
        self.assertPaymentStep(action, invoice)
        self.assertRecordValues(
            event,
            [
                {
                    "clinic_status": "completed",
                    "clinic_billing_state": "invoiced",
                    "clinic_invoice_names": invoice.name,
                }
            ],
        )
        self.assertRecordValues(
            invoice,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "partner_id": self.client.id,
                    "company_id": self.practice.id,
                    "invoice_date": self._get_today(),
                    "amount_total": 100,
                    "clinic_has_services": True,
                }
            ],
        )
        self.assertRecordValues(
            invoice.invoice_line_ids,
            [
                {
                    "name": "Consultation · 03/12/2024 · Charlie Client",
                    "product_id": self.rate.id,
                    "price_total": 100,
                    "clinic_service_id": event.clinic_service_ids.id,
                }
            ],
        )

    def test_line_does_not_repeat_the_patient_who_pays(self):
        event = self._create_event(self.client)
        event.action_clinic_invoice()
        self.assertEqual(
            self._invoices(event).invoice_line_ids.name, "Consultation · 03/12/2024"
        )

    def test_invoice_appointment_leaves_the_visit_to_be_completed(self):
        event = self._create_event()
        self._as_front_desk(event).action_clinic_invoice()
        self.assertRecordValues(
            event, [{"clinic_status": "planned", "clinic_billing_state": "invoiced"}]
        )
        self.assertEqual(self._invoices(event).state, "posted")
        self._as_front_desk(event).action_clinic_complete()
        self.assertRecordValues(
            event, [{"clinic_status": "completed", "clinic_billing_state": "invoiced"}]
        )
        self.assertEqual(len(self._invoices(event)), 1)

    def test_completed_visit_waits_on_the_worklist(self):
        event = self._create_event()
        self._as_front_desk(event).action_clinic_complete()
        self.assertRecordValues(
            event,
            [{"clinic_status": "completed", "clinic_billing_state": "to_invoice"}],
        )
        self.assertFalse(self._invoices(event))

    def test_pressing_twice_makes_one_invoice(self):
        event = self._as_front_desk(self._create_event())
        event.action_clinic_complete_and_invoice()
        invoice = self._invoices(event.sudo())
        for method in ("action_clinic_complete_and_invoice", "action_clinic_invoice"):
            action = getattr(event, method)()
            self.assertNotification(action, "warning", "invoiced already")
        self.assertEqual(self._invoices(event.sudo()), invoice)
        self.assertEqual(len(invoice.invoice_line_ids), 1)

    def test_only_that_occurrence_of_a_series_changes(self):
        events = self._create_series(clinic_service_ids=[])
        series = events.recurrence_id
        for event in events:
            event.clinic_service_ids = [Command.create({"rate_id": self.rate.id})]
        starts = events.mapped("start")
        self._as_front_desk(events[1]).action_clinic_complete_and_invoice()
        self.assertEqual(
            events.mapped("clinic_status"), ["planned", "completed", "planned"]
        )
        self.assertEqual(
            events.mapped("clinic_billing_state"), ["planned", "invoiced", "planned"]
        )
        self.assertEqual(len(self._invoices(events)), 1)
        # The series itself was not touched.
        self.assertEqual(series.calendar_event_ids.sorted("start"), events)
        self.assertEqual(events.mapped("follow_recurrence"), [True] * 3)
        self.assertEqual(events.mapped("active"), [True] * 3)
        self.assertEqual(events.mapped("start"), starts)

    def test_services_of_one_visit_come_on_one_invoice_in_their_order(self):
        report = self._create_rate("Report", 35)
        event = self._create_event(rates=[self.rate, report, self.rate])
        self._as_front_desk(event).action_clinic_complete_and_invoice()
        invoice = self._invoices(event)
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.invoice_line_ids.mapped("price_total"), [100, 35, 100])
        self.assertEqual(
            invoice.invoice_line_ids.clinic_service_id, event.clinic_service_ids
        )

    def test_services_of_a_group_session_are_billed_to_each_patient(self):
        event = self._create_event(self.client)
        self._create_service(patient=self.other_client, event_id=event.id)
        action = self._as_front_desk(event).action_clinic_complete_and_invoice()
        invoices = self._invoices(event)
        self.assertEqual(invoices.partner_id, self.client | self.other_client)
        self.assertEqual(len(invoices), 2)
        for invoice in invoices:
            self.assertEqual(
                invoice.partner_id,
                invoice.invoice_line_ids.clinic_service_id.patient_id,
            )
        self.assertPaymentStep(action, invoices)

    def test_service_of_the_insurer_is_left_out_and_told(self):
        event = self._create_event(rates=[self.insurer_rate])
        action = self._as_front_desk(event).action_clinic_complete_and_invoice()
        self.assertNotification(action, "warning", "billed to the insurer")
        self.assertFalse(self._invoices(event))
        # The visit took place all the same.
        self.assertRecordValues(
            event, [{"clinic_status": "completed", "clinic_billing_state": "insurance"}]
        )

    def test_front_desk_is_told_what_was_left_out_beside_an_invoice(self):
        event = self._create_event(rates=[self.rate, self.insurer_rate])
        action = self._as_front_desk(event).action_clinic_complete_and_invoice()
        invoice = self._invoices(event)
        self.assertEqual(invoice.invoice_line_ids.mapped("price_total"), [100])
        self.assertEqual(
            event.clinic_service_ids.sorted("id").mapped("state"),
            ["invoiced", "insurance"],
        )
        self.assertPaymentStep(action, invoice)
        self.assertIn("billed to the insurer", invoice._clinic_get_left_of_visit())

    def test_free_and_priceless_services_are_told(self):
        gift = self._create_rate("Gift", 0)
        event = self._create_event(rates=[self.free_rate, gift])
        action = self._as_front_desk(event).action_clinic_complete_and_invoice()
        self.assertNotification(action, "warning", "free of charge")
        self.assertNotification(action, "warning", "has no price")
        self.assertFalse(self._invoices(event))

    def test_visit_of_a_patient_who_did_not_come_is_not_invoiced(self):
        for status in ("no_show", "cancelled"):
            with self.subTest(status=status):
                event = self._create_event()
                event.clinic_status = status
                action = self._as_front_desk(event).action_clinic_invoice()
                self.assertNotification(action, "warning", "has been cancelled")
                self.assertFalse(self._invoices(event))

    def test_visit_without_service_says_what_to_do(self):
        event = self._create_event(clinic_service_ids=[])
        for method in ("action_clinic_complete_and_invoice", "action_clinic_invoice"):
            with self.assertRaisesRegex(UserError, "Add a service"):
                getattr(self._as_front_desk(event), method)()

    def test_visit_without_patient_says_what_to_do(self):
        event = self._create_event(clinic_patient_id=False, clinic_service_ids=[])
        for method in (
            "action_clinic_complete",
            "action_clinic_complete_and_invoice",
            "action_clinic_invoice",
        ):
            with self.assertRaisesRegex(UserError, "Choose the patient"):
                getattr(self._as_front_desk(event), method)()
        self.assertEqual(event.clinic_status, "planned")

    def test_private_appointment_is_completed_and_invoiced(self):
        event = self._create_event()
        event.sudo().privacy = "private"
        self._as_front_desk(event).action_clinic_complete_and_invoice()
        self.assertRecordValues(
            event.sudo(),
            [
                {
                    "clinic_status": "completed",
                    "clinic_billing_state": "invoiced",
                    "privacy": "private",
                }
            ],
        )

    def test_appointment_of_a_private_calendar_is_completed_and_invoiced(self):
        event = self._create_event()
        settings = self.practitioner.with_user(self.practitioner)
        settings.calendar_default_privacy = "private"
        event.sudo().privacy = False
        self._as_front_desk(event).action_clinic_complete_and_invoice()
        self.assertRecordValues(
            event.sudo(),
            [{"clinic_status": "completed", "clinic_billing_state": "invoiced"}],
        )

    # === RIGHTS AND PRIVACY === #

    def test_front_desk_has_no_accounting_right(self):
        event = self._as_front_desk(self._create_event())
        event.action_clinic_complete_and_invoice()
        for group in (
            "account.group_account_readonly",
            "account.group_account_invoice",
        ):
            self.assertFalse(self.front_desk.has_group(group))
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.front_desk).search([]).read(
                ["name"]
            )
        # The number of the invoice is all that is shown.
        self.assertTrue(event.clinic_invoice_names)

    def test_employees_cannot_complete_or_invoice_visits(self):
        event = self._create_event(user_id=self.employee.id)
        for method in (
            "action_clinic_complete",
            "action_clinic_complete_and_invoice",
            "action_clinic_invoice",
        ):
            with self.assertRaisesRegex(AccessError, "front desk"):
                getattr(event.with_user(self.employee), method)()
        self.assertEqual(event.clinic_status, "planned")
        self.assertFalse(self._invoices(event))

    def test_patient_is_not_invited_and_leaves_no_contact_details(self):
        event = self._create_event(self.client)
        self.assertEqual(event.partner_ids, self.practitioner.partner_id)
        self.assertEqual(event.attendee_ids.partner_id, self.practitioner.partner_id)
        for detail in (self.client.name, self.client.email, self.client.phone):
            self.assertTrue(detail)
            self.assertNotIn(detail, event.description or "")
            self.assertNotIn(detail, event.name)

    def test_patient_who_is_invited_leaves_no_contact_details(self):
        partners = self.practitioner.partner_id | self.client
        event = self._create_event(
            self.client,
            partner_ids=[Command.set(partners.ids)],
            description="Bring your papers",
        )
        self.assertIn(self.client, event.attendee_ids.partner_id)
        self.assertIn("Bring your papers", event.description)
        for detail in (self.client.name, self.client.email, self.client.phone):
            self.assertNotIn(detail, event.description)

    def test_booking_on_the_form_invites_the_practitioner_alone(self):
        model = self.env["calendar.event"].with_user(self.front_desk)
        for view, price in (
            ("calendar.view_calendar_event_form", 90),
            ("calendar.view_calendar_event_form_quick_create", None),
        ):
            with self.subTest(view=view):
                form = Form(model, view)
                form.start = datetime(2024, 3, 12, 14, 0)
                form.stop = datetime(2024, 3, 12, 15, 0)
                form.clinic_patient_id = self.child
                form.user_id = self.practitioner
                with form.clinic_service_ids.new() as line:
                    line.rate_id = self.rate
                    if price:
                        line.price_unit = price
                event = form.save()
                self.assertEqual(event.name, "Appointment")
                self.assertEqual(event.partner_ids, self.practitioner.partner_id)
                self.assertNotIn(self.child.name, str(event.description or ""))
                self.assertRecordValues(
                    event.clinic_service_ids,
                    [
                        {
                            "patient_id": self.child.id,
                            "bill_to_id": self.client.id,
                            "date": Date.to_date("2024-03-12"),
                            "practitioner_id": self.practitioner.id,
                            "price_unit": price or 100,
                            "amount_total": price or 100,
                            "state": "planned",
                        }
                    ],
                )

    def test_changing_the_practitioner_changes_who_attends(self):
        event = self._create_event()
        with Form(event.with_user(self.front_desk)) as form:
            form.user_id = self.employee
        self.assertEqual(event.partner_ids, self.employee.partner_id)
        self.assertEqual(event.clinic_service_ids.practitioner_id, self.employee)

    def test_only_the_front_desk_reads_the_patient_in_the_title(self):
        event = self._create_event(self.client)
        names = {
            user: event.with_user(user).display_name
            for user in (
                self.front_desk,
                self.biller,
                self.employee,
                self.practitioner,
            )
        }
        self.assertEqual(names[self.front_desk], "Clara Client · Appointment")
        self.assertEqual(names[self.biller], "Clara Client · Appointment")
        self.assertEqual(names[self.employee], "Appointment")
        self.assertEqual(names[self.practitioner], "Appointment")

    def test_appointments_without_patient_keep_their_title(self):
        event = self._create_event(clinic_patient_id=False, clinic_service_ids=[])
        self.assertEqual(event.with_user(self.front_desk).display_name, "Appointment")

    def test_front_desk_keeps_the_appointments_of_all_practitioners(self):
        event = self._create_event()
        meeting = self._create_event(clinic_patient_id=False, clinic_service_ids=[])
        self.assertTrue(event.with_user(self.front_desk).user_can_edit)
        self.assertFalse(meeting.with_user(self.front_desk).user_can_edit)
        self.assertFalse(event.with_user(self.employee).user_can_edit)
        event.sudo().privacy = "private"
        self.assertFalse(self._as_front_desk(event).user_can_edit)

    def test_appointment_shows_its_least_advanced_service(self):
        event = self._create_event(rates=[self.rate, self.insurer_rate, self.free_rate])
        self.assertEqual(event.clinic_billing_state, "planned")
        event.action_clinic_complete()
        self.assertEqual(event.clinic_billing_state, "to_invoice")
        event.action_clinic_invoice()
        self.assertEqual(event.clinic_billing_state, "insurance")
        meeting = self._create_event(clinic_patient_id=False, clinic_service_ids=[])
        self.assertFalse(meeting.clinic_billing_state)
        self.assertFalse(meeting.clinic_invoice_names)

    def test_names_made_for_mails_do_not_tell_the_patient(self):
        event = self._create_event(self.client).with_user(self.front_desk)
        self.assertIn(self.client.name, event.display_name)
        self.assertNotIn(self.client.name, event.sudo().display_name)

    def test_duplicate_of_an_appointment_has_neither_services_nor_status(self):
        event = self._create_event()
        event.action_clinic_complete_and_invoice()
        copy = event.copy()
        self.assertRecordValues(
            copy,
            [
                {
                    "clinic_status": "planned",
                    "clinic_service_ids": [],
                    "clinic_patient_id": self.client.id,
                }
            ],
        )
        self.assertNotIn(self.client.email, copy.description or "")

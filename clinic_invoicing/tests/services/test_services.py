from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged

from ...models.services.clinic_service import FIELDS_FROZEN_BY_INVOICE
from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestServices(ClinicInvoicingCommon):
    def _create_series(self, **values):
        """Return the three occurrences of a weekly series, each with its service."""
        events = super()._create_series(clinic_service_ids=[], **values)
        for event in events:
            event.clinic_service_ids = [Command.create({"rate_id": self.rate.id})]
        self.env.flush_all()
        return events

    # === SNAPSHOTS === #

    def test_service_copies_its_appointment(self):
        event = self._create_event(self.child)
        self.assertRecordValues(
            event.clinic_service_ids,
            [
                {
                    "name": "Consultation",
                    "date": date(2024, 3, 12),
                    "duration": 1.0,
                    "practitioner_id": self.practitioner.id,
                    "patient_id": self.child.id,
                    "bill_to_id": self.client.id,
                    "appointment_status": "planned",
                    "company_id": self.practice.id,
                    "currency_id": self.practice.currency_id.id,
                    "state": "planned",
                }
            ],
        )

    def test_date_is_the_day_where_the_practice_is(self):
        # 21:30 on the 11th in New York, where it is the 12th in Greenwich.
        late = self._create_event(
            start=datetime(2024, 3, 12, 1, 30), stop=datetime(2024, 3, 12, 2, 30)
        )
        self.assertEqual(late.clinic_service_ids.date, date(2024, 3, 11))
        # 09:00 on the 13th in Auckland: only where the practice is counts.
        self.practitioner.tz = "Pacific/Auckland"
        here = self._create_event(
            start=datetime(2024, 3, 12, 20, 0), stop=datetime(2024, 3, 12, 21, 0)
        )
        self.assertEqual(here.clinic_service_ids.date, date(2024, 3, 12))
        self.practice.partner_id.tz = "Pacific/Auckland"
        early = self._create_event(
            start=datetime(2024, 3, 12, 20, 0), stop=datetime(2024, 3, 12, 21, 0)
        )
        self.assertEqual(early.clinic_service_ids.date, date(2024, 3, 13))

    def test_date_does_not_depend_on_who_looks(self):
        event = self._create_event(
            start=datetime(2024, 3, 12, 1, 30), stop=datetime(2024, 3, 12, 2, 30)
        )
        far_away = self._create_user(
            "far_away", "clinic_invoicing.group_front_desk", tz="Pacific/Auckland"
        )
        event.with_user(far_away).clinic_service_ids.quantity = 2
        event.with_user(far_away).action_clinic_complete()
        self.assertEqual(event.clinic_service_ids.date, date(2024, 3, 11))

    def test_appointment_of_a_whole_day_keeps_its_day(self):
        event = self._create_event(
            allday=True,
            start=datetime(2024, 3, 12),
            stop=datetime(2024, 3, 12),
            start_date=date(2024, 3, 12),
            stop_date=date(2024, 3, 12),
        )
        self.assertEqual(event.clinic_service_ids.date, date(2024, 3, 12))

    def test_service_follows_its_appointment_until_it_is_invoiced(self):
        event = self._create_event()
        service = event.clinic_service_ids
        event.write(
            {
                "start": datetime(2024, 3, 20, 14, 0),
                "stop": datetime(2024, 3, 20, 16, 0),
                "user_id": self.employee.id,
                "clinic_patient_id": self.child.id,
            }
        )
        self.assertRecordValues(
            service,
            [
                {
                    "date": date(2024, 3, 20),
                    "duration": 2.0,
                    "practitioner_id": self.employee.id,
                    "patient_id": self.child.id,
                    "bill_to_id": self.client.id,
                }
            ],
        )
        event.clinic_patient_id = self.other_client
        self.assertRecordValues(
            service,
            [{"patient_id": self.other_client.id, "bill_to_id": self.other_client.id}],
        )
        self.assertEqual(service.share_ids.partner_id, self.other_client)

    def test_invoiced_service_no_longer_follows_its_appointment(self):
        event = self._create_event()
        service = event.clinic_service_ids
        event.action_clinic_complete_and_invoice()
        event.write(
            {
                "start": datetime(2024, 3, 20, 14, 0),
                "stop": datetime(2024, 3, 20, 16, 0),
                "user_id": self.employee.id,
                "clinic_patient_id": self.other_client.id,
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            service,
            [
                {
                    "date": date(2024, 3, 12),
                    "duration": 1.0,
                    "practitioner_id": self.practitioner.id,
                    "patient_id": self.client.id,
                    "bill_to_id": self.client.id,
                    "state": "invoiced",
                }
            ],
        )

    def test_what_is_given_for_a_service_outweighs_appointment_and_rate(self):
        event = self._create_event(self.child, clinic_service_ids=[])
        service = self._create_service(
            patient=self.other_client,
            event_id=event.id,
            date="2024-05-05",
            duration=0.25,
            practitioner_id=self.employee.id,
            price_unit=50,
            billing="client",
        )
        self.assertRecordValues(
            service,
            [
                {
                    "date": date(2024, 5, 5),
                    "duration": 0.25,
                    "practitioner_id": self.employee.id,
                    "patient_id": self.other_client.id,
                    "bill_to_id": self.other_client.id,
                    "price_unit": 50,
                    "amount_total": 50,
                }
            ],
        )
        self.assertRecordValues(
            service.share_ids, [{"partner_id": self.other_client.id, "amount": 50}]
        )

    def test_moving_a_group_session_leaves_its_patients_alone(self):
        event = self._create_event(self.client)
        service = self._create_service(patient=self.other_client, event_id=event.id)
        event.write(
            {
                "start": datetime(2024, 3, 20, 14, 0),
                "stop": datetime(2024, 3, 20, 15, 0),
            }
        )
        self.assertRecordValues(
            service, [{"date": date(2024, 3, 20), "patient_id": self.other_client.id}]
        )

    def test_new_guarantor_receives_what_is_not_invoiced_yet(self):
        services = self._create_services(2, patient=self.child)
        self._invoice(services[0])
        self.child.clinic_guarantor_id = self.other_client
        self.assertEqual(services[0].bill_to_id, self.client)
        self.assertEqual(services[1].bill_to_id, self.other_client)
        self.assertEqual(services[1].share_ids.partner_id, self.other_client)

    def test_rendered_service_outlives_its_appointment(self):
        event = self._create_event(self.client)
        service = self._create_service(event_id=event.id)
        event.clinic_status = "completed"
        event.unlink()
        self.assertEqual(service.state, "to_invoice")

    def test_payer_is_taxed_where_the_payer_is(self):
        domestic, foreign = self._create_tax(10), self._create_tax(20)
        position = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "tax_ids": [Command.set(foreign.ids)]}
        )
        foreign.original_tax_ids = domestic
        self.rate.sudo().taxes_id = domestic
        self.client.property_account_position_id = position
        service = self._create_service()
        self.assertEqual(service.tax_ids, foreign)
        self.assertEqual(self._invoice(service).amount_total, service.amount_total)

    def test_invoices_go_to_the_invoice_address_of_the_payer(self):
        address = self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        self.assertEqual(self._create_service(patient=self.child).bill_to_id, address)

    def test_employer_never_receives_the_invoices_of_its_staff(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self.env["res.partner"].create(
            {"name": "Accounts", "type": "invoice", "parent_id": employer.id}
        )
        self.client.parent_id = employer
        self.assertEqual(self._create_service().bill_to_id, self.client)

    def test_deleting_a_series_cancels_all_of_its_services(self):
        events = self._create_series()
        services = events.clinic_service_ids
        self.assertEqual(len(services), 3)
        events[1].action_mass_deletion("future_events")
        self.assertEqual(
            services.sorted("date").mapped("state"),
            ["planned", "cancelled", "cancelled"],
        )

    def test_editing_all_events_neither_loses_nor_doubles_a_service(self):
        events = self._create_series()
        services = events.clinic_service_ids.sorted("date")
        events[0].action_clinic_complete_and_invoice()
        events[0].write(
            {
                "recurrence_update": "all_events",
                "start": datetime(2024, 3, 12, 17, 0),
                "stop": datetime(2024, 3, 12, 18, 0),
            }
        )
        self.assertServicesSurvive(services)

    def test_editing_future_events_neither_loses_nor_doubles_a_service(self):
        events = self._create_series()
        services = events.clinic_service_ids.sorted("date")
        events[0].action_clinic_complete_and_invoice()
        events[1].write(
            {
                "recurrence_update": "future_events",
                "start": datetime(2024, 3, 19, 17, 0),
                "stop": datetime(2024, 3, 19, 18, 0),
            }
        )
        self.assertServicesSurvive(services)

    def test_renaming_all_events_leaves_their_services_alone(self):
        events = self._create_series()
        services = events.clinic_service_ids
        events[1].write({"recurrence_update": "all_events", "name": "Check-up"})
        self.assertEqual(events.mapped("name"), ["Check-up"] * 3)
        self.assertEqual([event.clinic_service_ids for event in events], list(services))

    def test_shortening_a_series_cancels_the_services_that_were_left_over(self):
        events = self._create_series()
        services = events.clinic_service_ids.sorted("date")
        events[0].write({"recurrence_update": "all_events", "count": 2})
        self.assertEqual(services.mapped("state"), ["planned", "planned", "cancelled"])

    def test_billed_and_completed_visits_of_a_rewritten_series_stay_so(self):
        events = self._create_series()
        services = events.clinic_service_ids.sorted("date")
        events[1].action_clinic_complete_and_invoice()
        events[2].action_clinic_complete()
        events[0].write(
            {
                "recurrence_update": "all_events",
                "start": datetime(2024, 3, 12, 17, 0),
                "stop": datetime(2024, 3, 12, 18, 0),
            }
        )
        self.assertEqual(
            services.mapped("state"), ["planned", "invoiced", "to_invoice"]
        )
        self.assertEqual(services.event_id.mapped("active"), [True] * 3)
        self.assertEqual(
            services.event_id.mapped("clinic_status"),
            ["planned", "completed", "completed"],
        )
        self.assertEqual(
            services.event_id.mapped("clinic_billing_state"),
            ["planned", "invoiced", "to_invoice"],
        )

    def assertServicesSurvive(self, services):
        """The first of three is invoiced, the others can still be."""
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.env["clinic.service"].search(
            [("patient_id", "=", self.client.id)], order="date"
        )
        self.assertEqual(found, services)
        self.assertEqual(services.mapped("state"), ["invoiced", "planned", "planned"])
        for service in services[1:]:
            self.assertTrue(service.event_id.active)
            service.event_id.action_clinic_complete_and_invoice()
        self.assertEqual(set(services.mapped("state")), {"invoiced"})

    # === STATES === #

    def test_state_follows_the_facts(self):
        expected = {
            ("client", "planned"): "planned",
            ("client", "completed"): "to_invoice",
            ("client", "no_show"): "cancelled",
            ("client", "cancelled"): "cancelled",
            ("insurance", "planned"): "planned",
            ("insurance", "completed"): "insurance",
            ("insurance", "no_show"): "cancelled",
            ("insurance", "cancelled"): "cancelled",
            ("no_charge", "planned"): "no_charge",
            ("no_charge", "completed"): "no_charge",
            ("no_charge", "no_show"): "cancelled",
            ("no_charge", "cancelled"): "cancelled",
        }
        rates = {
            "client": self.rate,
            "insurance": self.insurer_rate,
            "no_charge": self.free_rate,
        }
        event = self._create_event(rates=list(rates.values()))
        services = dict(zip(rates, event.clinic_service_ids.sorted("id"), strict=True))
        for (billing, status), state in expected.items():
            with self.subTest(billing=billing, status=status):
                event.clinic_status = status
                service = services[billing]
                self.assertEqual(service.state, state)
                self.assertEqual(
                    service.amount_due,
                    service.amount_total if state != "cancelled" else 0,
                )

    def test_cancelled_service_can_be_restored(self):
        service = self._create_service()
        service.action_cancel()
        self.assertRecordValues(service, [{"state": "cancelled", "amount_due": 0}])
        service.action_restore()
        self.assertRecordValues(service, [{"state": "to_invoice", "amount_due": 100}])

    def test_invoiced_service_stays_invoiced_when_the_patient_did_not_come(self):
        event = self._create_event()
        event.action_clinic_invoice()
        event.clinic_status = "no_show"
        self.assertEqual(event.clinic_service_ids.state, "invoiced")

    def test_what_follows_from_facts_is_not_written_by_hand(self):
        service = self._create_service()
        common = {"patient_id": self.client.id, "rate_id": self.rate.id}
        for values in (
            {"state": "paid"},
            {"amount_due": 0},
            {"amount_total": 1},
            {"appointment_status": "no_show"},
            {"invoice_date": "2024-01-01"},
            {"is_cancelled": True},
        ):
            for user in (self.front_desk, self.manager):
                with self.subTest(user=user.login, **values):
                    model = self.env["clinic.service"].with_user(user)
                    with self.assertRaises(AccessError):
                        service.with_user(user).write(values)
                    with self.assertRaises(AccessError):
                        model.create({**common, **values})
        self.assertRecordValues(
            service, [{"state": "to_invoice", "amount_due": 100, "amount_total": 100}]
        )

    def test_duplicate_of_an_invoiced_service_is_a_new_one(self):
        service = self._create_service()
        self._invoice(service)
        copy = service.copy()
        self.assertRecordValues(
            copy, [{"state": "to_invoice", "amount_total": 100, "invoice_date": False}]
        )
        self.assertEqual(len(copy.share_ids), 1)
        self.assertFalse(copy.share_ids & service.share_ids)

    # === FROZEN BY AN INVOICE === #

    def _frozen_values(self):
        values = {
            "bill_to_id": self.other_client.id,
            "billing": "no_charge",
            "company_id": self.practice.id,
            "date": "2024-05-01",
            "discount": 50,
            "patient_id": self.other_client.id,
            "price_unit": 1,
            "quantity": 3,
            "rate_id": self.insurer_rate.id,
            "share_ids": [Command.clear()],
            "tax_ids": [Command.clear()],
        }
        self.assertEqual(values.keys(), FIELDS_FROZEN_BY_INVOICE)
        return values

    def test_invoice_freezes_its_services(self):
        service = self._create_service()
        invoice = self._invoice(service)
        for name, value in self._frozen_values().items():
            with (
                self.subTest(name=name),
                self.assertRaisesRegex(UserError, "already invoiced"),
            ):
                service.with_user(self.manager).write({name: value})
        self._pay(invoice)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            service.with_user(self.manager).write({"price_unit": 1})
        self.assertRecordValues(
            service,
            [{"price_unit": 100, "amount_total": 100, "state": "paid"}],
        )

    def test_practitioner_and_duration_stay_editable_on_an_invoiced_service(self):
        service = self._create_service()
        self._invoice(service)
        service.write({"duration": 0.5, "practitioner_id": self.employee.id})
        self.assertRecordValues(
            service, [{"duration": 0.5, "practitioner_id": self.employee.id}]
        )

    def test_credit_note_thaws_its_services(self):
        service = self._create_service()
        invoice = self._invoice(service)
        self._credit(invoice)
        service.price_unit = 70
        self.assertRecordValues(
            service, [{"amount_total": 70, "state": "to_invoice", "amount_due": 70}]
        )

    def test_invoiced_service_cannot_be_cancelled(self):
        service = self._create_service()
        self._invoice(service)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            service.action_cancel()
        self.assertFalse(service.is_cancelled)

    def test_invoiced_service_cannot_be_deleted(self):
        service = self._create_service()
        self._invoice(service)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            service.with_user(self.manager).unlink()
        self.assertTrue(service.exists())

    def test_unbilled_service_can_be_deleted_by_a_biller_only(self):
        service = self._create_service()
        with self.assertRaises(AccessError):
            service.with_user(self.front_desk).unlink()
        service.with_user(self.biller).unlink()
        self.assertFalse(service.exists())

    def test_patient_cannot_be_their_own_guarantor(self):
        with self.assertRaisesRegex(UserError, "cannot be their own guarantor"):
            self.client.clinic_guarantor_id = self.client

    # === SERVICES WITHOUT APPOINTMENT === #

    def test_service_without_appointment_is_recorded_on_the_form(self):
        action = self.env.ref("clinic_invoicing.clinic_service_action_patient")
        self.assertEqual(action.res_model, "clinic.service")
        model = self.env["clinic.service"].with_user(self.biller)
        for context in ({}, {"default_patient_id": self.child.id}):
            form = Form(model.with_context(**context))
            form.patient_id = self.child
            form.rate_id = self.rate
            form.date = "2024-03-05"
            form.practitioner_id = self.practitioner
            self.assertRecordValues(
                form.save(),
                [
                    {
                        "state": "to_invoice",
                        "patient_id": self.child.id,
                        "bill_to_id": self.client.id,
                        "date": Date.to_date("2024-03-05"),
                        "practitioner_id": self.practitioner.id,
                        "amount_total": 100,
                        "event_id": False,
                    }
                ],
            )

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common_programs import ProgramsCommon


@tagged("post_install", "-at_install")
class TestPrograms(ProgramsCommon, AccountPaymentCommon):
    # === REGISTERING === #

    def test_a_registration_is_a_service_on_a_posted_invoice(self):
        registration = self._register(self.child)
        service, bill = registration.service_id, registration.invoice_id
        self.assertRecordValues(
            service,
            [
                {
                    "name": "Back school in spring",
                    "patient_id": self.child.id,
                    "bill_to_id": self.client.id,
                    "practitioner_id": self.practitioner.id,
                    "amount_total": 90,
                    "state": "invoiced",
                    "event_id": False,
                }
            ],
        )
        self.assertEqual((bill.state, bill.partner_id), ("posted", self.client))
        self.assertEqual(bill.invoice_line_ids.clinic_service_id, service)
        self.assertTrue(bill.clinic_has_services)
        self.assertState(registration, "reserved", taken=1)
        self.assertEqual(registration.registered_by_id, self.front_desk.partner_id)

    def test_who_is_registered_by_the_practice_pays_when_they_like(self):
        registration = self._register()
        self.assertFalse(registration.reserved_until)
        self._release_places()
        self.assertState(registration, "reserved", taken=1)
        self._pay(registration.invoice_id)
        self.assertState(registration, "confirmed", taken=1)

    def test_many_are_registered_at_once(self):
        patients = (self.client, self.other_client, self.child)
        registrations = self.env["clinic.program.registration"].create(
            [
                {"program_id": self.program.id, "patient_id": patient.id}
                for patient in patients
            ]
        )
        self.assertEqual(len(registrations.invoice_id), 3)
        for registration in registrations:
            lines = registration.invoice_id.invoice_line_ids
            self.assertEqual(lines.clinic_service_id, registration.service_id)
        self.assertTrue(self.program.is_full)

    def test_a_free_program_is_confirmed_at_once(self):
        gift = self._create_rate("Free evening", 0)
        for rate in (gift, self.free_rate):
            with self.subTest(rate=rate.name):
                program = self._create_program(rate_id=rate.id)
                registration = self._register_online(program=program)
                self.assertState(registration, "confirmed", taken=1)
                self.assertFalse(registration.invoice_id)
                self.assertFalse(registration.reserved_until)
                self.assertEqual(registration.service_id.state, "no_charge")

    def test_the_front_desk_registers_by_a_form(self):
        model = self.env["clinic.program.registration"].with_user(self.front_desk)
        with Form(model) as form:
            form.program_id = self.program
            form.patient_id = self.other_client
        self.assertState(form.record, "reserved", taken=1)

    def test_the_price_is_that_of_the_invoice(self):
        self.program_rate.taxes_id = self._create_tax(10)
        program = self._create_program()
        self.assertEqual(program.price, 99)
        self.assertEqual(program._get_price(self.client), 99)
        self.assertEqual(self._register(program=program).invoice_id.amount_total, 99)

    def test_the_day_of_the_service_is_that_of_the_practice(self):
        # Nine in the evening in New York.
        begin = fields.Datetime.to_datetime("2035-03-13 01:00:00")
        program = self._create_program(date_begin=begin)
        service = self._register(program=program).service_id
        self.assertEqual(str(service.date), "2035-03-12")

    def test_rates_that_clients_do_not_pay_at_once_are_refused(self):
        careful = self._create_rate("Report", 40, clinic_needs_approval=True)
        for rate, reason in (
            (self.insurer_rate, "billed to insurers"),
            (careful, "needs approval"),
        ):
            with self.assertRaisesRegex(ValidationError, reason):
                self._create_program(rate_id=rate.id)

    def test_a_rate_that_went_to_insurers_later_registers_nobody(self):
        self.program_rate.clinic_is_invoiced = False
        with self.assertRaisesRegex(UserError, "billed to the insurer"):
            self._register()

    # === PLACES === #

    def test_the_last_place_is_sold_once(self):
        program = self._create_program(places=1)
        self._register(program=program)
        self.assertTrue(program.is_full)
        with self.assertRaisesRegex(UserError, "is full"):
            self._register(self.other_client, program)
        with self.assertRaisesRegex(UserError, "All places"):
            self._register_online(
                self.other_client, program, user=self.other_client_user
            )
        self.assertEqual(program.places_taken, 1)

    def test_more_than_are_left_are_not_registered_together(self):
        program = self._create_program(places=1)
        with self.assertRaisesRegex(UserError, "is full"):
            self.env["clinic.program.registration"].create(
                [
                    {"program_id": program.id, "patient_id": patient.id}
                    for patient in (self.client, self.child)
                ]
            )

    def test_postgresql_holds_the_number_of_places_itself(self):
        program = self._create_program(places=1)
        self._register(program=program)
        program.flush_recordset()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            # SQL: no method of ours takes a place too many.
            self.env.cr.execute(
                "UPDATE clinic_program SET places_taken = 2 WHERE id = %s", program.ids
            )
        self._register()
        self._register(self.child)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.program.places = 1
            self.program.flush_recordset()

    def test_zero_places_are_as_many_as_come(self):
        program = self._create_program(places=0)
        for patient in (self.client, self.other_client, self.child):
            self._register(patient, program)
        self.assertEqual(program.places_taken, 3)
        self.assertFalse(program.is_full)

    def test_a_patient_is_registered_once(self):
        self._register()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self._register()
        self.assertEqual(self.program.places_taken, 1)

    def test_who_has_cancelled_may_come_back(self):
        self._register().action_cancel()
        again = self._register()
        self.assertState(again, "reserved", taken=1)

    def test_nobody_is_registered_for_what_is_not_open(self):
        draft = self._create_program(start=False)
        over = self._create_program(date_begin=fields.Datetime.now() - timedelta(20))
        off = self._create_program()
        off.action_cancel()
        for program, reason in (
            (draft, "is a draft"),
            (over, "is over"),
            (off, "has been cancelled"),
        ):
            with self.subTest(reason=reason), self.assertRaisesRegex(UserError, reason):
                self._register(program=program)

    def test_the_practice_registers_when_clients_cannot_any_more(self):
        self.program.action_close()
        with self.assertRaisesRegex(UserError, "closed"):
            self._register_online()
        late = self._create_program(
            registration_deadline=fields.Datetime.now() - timedelta(hours=1)
        )
        with self.assertRaisesRegex(UserError, "closed"):
            self._register_online(program=late)
        for program in (self.program, late):
            self.assertState(self._register(program=program), "reserved", taken=1)

    # === WHAT CLIENTS DO === #

    def test_a_client_registers_those_they_pay_for(self):
        grandson = self.env["res.partner"].create({"name": "Gus Grandson"})
        grandson.clinic_guarantor_id = self.child
        program = self.program
        self.assertEqual(
            program._get_patients_of(self.client), self.client | self.child
        )
        # Somebody else is billed for the child, until the child is of age.
        self.assertFalse(program._get_patients_of(self.child) & self.child)
        self.child.clinic_birthdate = "2000-01-01"
        self.assertEqual(program._get_patients_of(self.client), self.client)
        self.assertIn(self.child, program._get_patients_of(self.child))
        for patient in (self.other_client, grandson):
            with self.assertRaisesRegex(UserError, "who is going to take part"):
                self._register_online(patient)
        self.assertEqual(self.program.places_taken, 0)

    def test_ids_that_were_altered_register_nobody(self):
        program = self.program.with_user(self.client_user).sudo()
        for text in ("", "0", "-1", "abc", "9" * 30, f" {self.client.id}", "1,2"):
            with self.subTest(text=text), self.assertRaises(UserError):
                program._register_for_client(self.client_user, text)

    def test_a_place_is_kept_while_the_client_pays(self):
        self.program.reservation_minutes = 20
        registration = self._register_online(self.child)
        self.assertAlmostEqual(
            registration.reserved_until,
            fields.Datetime.now() + timedelta(minutes=20),
            delta=timedelta(seconds=30),
        )
        self.assertEqual(registration.registered_by_id, self.client)
        self.assertState(registration, "reserved", taken=1)
        self._pay(registration.invoice_id)
        self.assertState(registration, "confirmed", taken=1)
        self.assertFalse(registration.reserved_until)

    def test_pressing_twice_registers_once(self):
        registration = self._register_online()
        self.assertEqual(self._register_online(), registration)
        self.assertEqual(self.program.places_taken, 1)
        bills = self.env["account.move"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(bills, registration.invoice_id)

    def test_who_takes_part_is_a_patient(self):
        parent = self._create_user("parent", "base.group_portal", name="Paula Parent")
        self._register_online(user=parent)
        self.assertTrue(parent.partner_id.clinic_is_patient)

    def test_who_cannot_pay_online_keeps_the_place(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", False
        )
        self.assertFalse(self._register_online().reserved_until)
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", True
        )
        self.env["payment.provider"].search([]).state = "disabled"
        self.assertFalse(self._register_online(self.child).reserved_until)

    # === NOT PAID IN TIME === #

    def test_a_place_that_is_not_paid_in_time_is_free_again(self):
        registration = self._register_online()
        self._release_places()
        self.assertState(registration, "reserved", taken=1)
        self._expire(registration)
        self._release_places()
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(registration.invoice_id.payment_state, "reversed")
        self.assertEqual(registration.service_id.state, "cancelled")
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)

    def test_a_place_is_kept_while_a_payment_form_is_open(self):
        registration = self._register_online()
        tx = self._start_paying(registration)
        self._expire(registration)
        self._release_places()
        self.assertState(registration, "reserved", taken=1)
        # SQL: nobody writes when a record was made.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(minutes=31), tx.id],
        )
        self._release_places()
        self.assertState(registration, "cancelled", taken=0)

    def test_a_place_is_kept_while_money_is_on_its_way(self):
        registration = self._register_online()
        self._go_online(self.provider)
        tx = self._start_paying(registration, "pending")
        self._expire(registration)
        self._release_places()
        self.assertState(registration, "reserved", taken=1)
        tx._set_done()
        tx._post_process()
        self._release_places()
        self.assertState(registration, "confirmed", taken=1)

    def test_money_that_comes_too_late_is_not_lost(self):
        registration = self._register_online()
        tx = self._start_paying(registration)
        # sudo: as the job.
        registration.sudo()._cancel("Not paid in time")
        tx._set_done()
        tx._post_process()
        self.assertState(registration, "cancelled", taken=0)
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 90)
        self.assertTrue(tx.payment_id.activity_ids)

    def test_what_is_paid_in_part_is_left_to_the_practice(self):
        registration = self._register_online()
        self._pay(registration.invoice_id, 10)
        self._expire(registration)
        self._release_places()
        self.assertState(registration, "reserved", taken=1)
        self.assertFalse(registration.reserved_until)

    def test_what_was_paid_stays_when_the_payment_is_undone(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        payment._clinic_undo("refund", 90, "Wrong card")
        self._release_places()
        self.assertState(registration, "reserved", taken=1)

    # === WHO MAY === #

    def test_states_and_registrations_are_not_written_by_hand(self):
        registration = self._register()
        program = self.program.with_user(self.manager)
        for values in ({"state": "cancelled"}, {"places_taken": 0}):
            with self.assertRaises(AccessError):
                program.write(values)
            with self.assertRaises(AccessError):
                program.copy(values)
        for values in (
            {"is_cancelled": True},
            {"state": "confirmed"},
            {"reserved_until": False},
            {"patient_id": self.other_client.id},
            {"service_id": self._create_service().id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                registration.with_user(self.manager).write(values)
        with self.assertRaises(AccessError):
            self.env["clinic.program.registration"].with_user(self.manager).create(
                {
                    "program_id": self.program.id,
                    "patient_id": self.child.id,
                    "is_cancelled": True,
                }
            )

    def test_only_the_manager_calls_a_program_off(self):
        for user in (self.front_desk, self.biller):
            with self.assertRaises(AccessError):
                self.program.with_user(user).action_cancel()
        with self.assertRaises(AccessError):
            self.program.with_user(self.front_desk).action_close()
        self.program.with_user(self.biller).action_close()
        self.assertEqual(self.program.state, "closed")

    def test_the_front_desk_cancels_by_the_rules(self):
        registration = self._register()
        payment = self._pay(registration.invoice_id)
        registration.with_user(self.front_desk).action_cancel()
        self.assertEqual(payment._clinic_get_given_back(), 90)
        self.assertIn("Fran Desk", payment.message_ids[0].body)

    def test_a_practice_neither_registers_nor_cancels_for_another(self):
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        outsider = self._create_user(
            "outsider", "clinic_invoicing.group_manager", company_id=other.id
        )
        registration = self._register()
        with self.assertRaises(AccessError):
            self._register(self.other_client, user=outsider)
        for record in (registration, self.program):
            with self.assertRaises(AccessError):
                record.with_user(outsider).action_cancel()
        self.assertEqual(self.program.places_taken, 1)

    def test_the_buttons_open_registrations_and_invoices(self):
        registration = self._register()
        program = self.program.with_user(self.biller)
        self.assertEqual(program.invoice_count, 1)
        for action, record in (
            (program.action_open_registrations(), registration),
            (program.action_open_invoices(), registration.invoice_id),
        ):
            model = self.env[action["res_model"]]
            self.assertEqual(model.search(action["domain"]), record)

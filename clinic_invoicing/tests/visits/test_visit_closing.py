from datetime import datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common import ClinicInvoicingCommon

# The usual visit starts on 12 March 2024 at 14:00 UTC.
IN_TIME = "2024-03-11 14:00:00"
TOO_LATE = "2024-03-11 14:00:01"


@tagged("post_install", "-at_install")
class TestVisitClosing(ClinicInvoicingCommon):
    """Visits that do not take place: what is cancelled, and what is owed instead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.no_show_fee = cls._create_rate("No-show fee", 40)
        cls.late_fee = cls._create_rate("Late cancellation fee", 25)
        cls.practice.write(
            {
                "clinic_no_show_rate_id": cls.no_show_fee.id,
                "clinic_late_cancel_rate_id": cls.late_fee.id,
            }
        )

    def _open(self, event, method="action_clinic_no_show", user=None, **values):
        """Return the dialog that the front desk opens, filled in."""
        self.env.flush_all()
        self.env.invalidate_all()
        action = getattr(event.with_user(user or self.front_desk), method)()
        model = self.env[action["res_model"]].with_user(user or self.front_desk)
        form = Form(model.with_context(**action["context"]))
        for name, value in values.items():
            setattr(form, name, value)
        return form

    def _close(self, event, method="action_clinic_no_show", user=None, **values):
        """Return the fees of an appointment that the front desk closes."""
        wizard = self._open(event, method, user, **values).save()
        self.answer = wizard.action_confirm()
        return self._fees(event)

    def _cancel(self, event, now, **values):
        with freeze_time(now):
            return self._close(event, "action_clinic_cancel_visit", **values)

    def _fees(self, event):
        return event.clinic_service_ids.filtered("is_fee")

    # === FEES === #

    def test_no_show_cancels_the_services_and_charges_the_fee(self):
        event = self._create_event(self.child)
        service = event.clinic_service_ids
        fee = self._close(event)
        self.assertRecordValues(
            event, [{"clinic_status": "no_show", "clinic_billing_state": "to_invoice"}]
        )
        self.assertEqual(service.state, "cancelled")
        self.assertRecordValues(
            fee,
            [
                {
                    "state": "to_invoice",
                    "name": "No-show fee",
                    "rate_id": self.no_show_fee.id,
                    "patient_id": self.child.id,
                    "bill_to_id": self.client.id,
                    "practitioner_id": self.practitioner.id,
                    "company_id": self.practice.id,
                    "date": Date.to_date("2024-03-12"),
                    "amount_total": 40,
                    "amount_due": 40,
                    "appointment_status": "no_show",
                }
            ],
        )
        self.assertIn("No-show fee", self.answer["params"]["message"])

    def test_fee_is_invoiced_like_any_service(self):
        event = self._create_event()
        fee = self._close(event)
        step = event.with_user(self.front_desk).action_clinic_invoice()
        self.assertEqual(step["url"], f"/clinic/desk/pay/{fee.invoice_ids.id}")
        self.assertRecordValues(fee.invoice_ids, [{"amount_total": 40}])
        self.assertEqual(fee.state, "invoiced")
        self._pay(fee.invoice_ids)
        self.assertEqual(fee.state, "paid")

    def test_visit_cancelled_in_time_costs_nothing(self):
        event = self._create_event()
        self.assertFalse(self._cancel(event, IN_TIME))
        self.assertEqual(event.clinic_status, "cancelled")
        self.assertEqual(event.clinic_service_ids.state, "cancelled")
        self.assertIn("Nobody is charged", self.answer["params"]["message"])

    def test_visit_cancelled_too_late_is_charged(self):
        event = self._create_event()
        fee = self._cancel(event, TOO_LATE)
        self.assertRecordValues(
            fee, [{"rate_id": self.late_fee.id, "amount_total": 25}]
        )
        self.assertEqual(event.clinic_status, "cancelled")

    def test_notice_is_what_the_practice_says(self):
        self.practice.clinic_cancel_notice_hours = 0
        self.assertFalse(self._cancel(self._create_event(), "2024-03-12 14:00:00"))
        self.assertTrue(self._cancel(self._create_event(), "2024-03-12 14:00:01"))
        self.practice.clinic_cancel_notice_hours = 48
        self.assertTrue(self._cancel(self._create_event(), IN_TIME))

    @mute_logger("odoo.sql_db")
    def test_notice_is_never_negative(self):
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.practice.clinic_cancel_notice_hours = -1
            self.env.flush_all()

    def test_dialog_says_before_what_happens(self):
        event = self._create_event(self.child)
        with freeze_time(TOO_LATE):
            form = self._open(event, "action_clinic_cancel_visit")
            self.assertTrue(form.is_late)
            self.assertIn("Charlie Client: Late cancellation fee", form.effect)
            self.assertIn("25.00", form.effect)
            self.assertIn("billed to Clara Client", form.effect)
            form.waive = True
            self.assertIn("is waived", form.effect)
            form.status = "no_show"
            self.assertIn("No-show fee", form.effect)
        with freeze_time(IN_TIME):
            form = self._open(event, "action_clinic_cancel_visit")
            self.assertFalse(form.is_late)
            self.assertFalse(form.has_fee)
            self.assertIn("in time", form.effect)
        # Looking at the dialog has changed nothing.
        self.assertEqual(event.clinic_status, "planned")
        self.assertFalse(self._fees(event))

    def test_rate_has_a_fee_of_its_own(self):
        dear = self._create_rate("Assessment", 300, clinic_no_show_rate_id=False)
        own_fee = self._create_rate("Assessment missed", 150)
        dear.clinic_no_show_rate_id = own_fee
        self.assertEqual(self._close(self._create_event(rates=dear)).rate_id, own_fee)
        # It is per rate and per kind: the company's fee otherwise.
        late = self._cancel(self._create_event(rates=dear), TOO_LATE)
        self.assertEqual(late.rate_id, self.late_fee)
        both = self._create_event(rates=[self.rate, dear])
        self.assertEqual(self._close(both).rate_id, own_fee)

    def test_without_a_fee_nobody_is_charged(self):
        self.practice.clinic_no_show_rate_id = False
        event = self._create_event()
        form = self._open(event)
        self.assertFalse(form.has_fee)
        self.assertIn("No fee is due", form.effect)
        self.assertFalse(self._close(event))
        self.assertEqual(event.clinic_status, "no_show")

    def test_visit_without_services_is_charged_to_its_patient(self):
        event = self._create_event(clinic_service_ids=[])
        self.assertEqual(self._close(event).patient_id, self.client)

    def test_several_services_of_one_visit_cost_one_fee(self):
        event = self._create_event(rates=[self.rate, self.rate, self.insurer_rate])
        self.assertEqual(len(self._close(event)), 1)
        self.assertEqual(
            (event.clinic_service_ids - self._fees(event)).mapped("state"),
            ["cancelled"] * 3,
        )

    def test_billed_service_stays_billed_and_is_told(self):
        event = self._create_event()
        event.action_clinic_invoice()
        form = self._open(event)
        self.assertIn("stays invoiced", form.effect)
        self._close(event)
        self.assertEqual(
            event.clinic_service_ids.sorted("id").mapped("state"),
            ["invoiced", "to_invoice"],
        )

    def test_only_that_occurrence_of_a_series_is_closed(self):
        events = self._create_series()
        self._close(events[1])
        self.assertEqual(
            events.mapped("clinic_status"), ["planned", "no_show", "planned"]
        )
        self.assertEqual([len(self._fees(event)) for event in events], [0, 1, 0])
        series = events.recurrence_id
        self.assertEqual(series.calendar_event_ids.sorted("start"), events)

    def test_fee_stays_when_its_slot_moves_or_goes(self):
        event = self._create_event()
        fee = self._close(event)
        event.write(
            {
                "start": datetime(2024, 3, 20, 14, 0),
                "stop": datetime(2024, 3, 20, 15, 0),
                "clinic_patient_id": self.other_client.id,
            }
        )
        event.unlink()
        self.assertRecordValues(
            fee,
            [
                {
                    "state": "to_invoice",
                    "patient_id": self.client.id,
                    "date": Date.to_date("2024-03-12"),
                }
            ],
        )

    # === ONCE === #

    def test_confirming_twice_charges_once(self):
        event = self._create_event()
        wizard = self._open(event).save()
        other = self._open(event, user=self.biller).save()
        wizard.action_confirm()
        for again in (wizard, other):
            with self.assertRaisesRegex(UserError, "is already: No-show"):
                again.action_confirm()
        self.assertEqual(len(self._fees(event)), 1)

    @mute_logger("odoo.sql_db")
    def test_postgresql_holds_that_a_patient_is_charged_once(self):
        event = self._create_event()
        fee = self._close(event)
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            fee.sudo().copy({"event_id": event.id, "is_fee": True})
            self.env.flush_all()

    def test_closed_visits_are_not_closed_again(self):
        for status in ("completed", "no_show", "cancelled"):
            event = self._create_event()
            event.clinic_status = status
            for method in ("action_clinic_no_show", "action_clinic_cancel_visit"):
                with (
                    self.subTest(status=status, method=method),
                    self.assertRaisesRegex(UserError, "Reopen the visit first"),
                ):
                    getattr(event.with_user(self.front_desk), method)()

    def test_visit_that_does_not_take_place_is_not_completed(self):
        for status in ("no_show", "cancelled"):
            event = self._create_event()
            event.clinic_status = status
            for method in (
                "action_clinic_complete",
                "action_clinic_complete_and_invoice",
            ):
                with (
                    self.subTest(status=status, method=method),
                    self.assertRaisesRegex(UserError, "Reopen the visit first"),
                ):
                    getattr(event.with_user(self.front_desk), method)()
            self.assertEqual(event.clinic_status, status)
            self.assertFalse(event.clinic_service_ids.invoice_ids)

    def test_completing_twice_is_completing_once(self):
        event = self._create_event().with_user(self.front_desk)
        event.action_clinic_complete()
        event.action_clinic_complete()
        self.assertEqual(event.clinic_status, "completed")

    # === WAIVER === #

    def test_waived_fee_is_kept_without_charge(self):
        event = self._create_event()
        fee = self._close(event, waive=True, waiver_reason="Was in hospital")
        self.assertRecordValues(
            fee,
            [
                {
                    "state": "no_charge",
                    "amount_due": 0,
                    "amount_total": 40,
                    "waiver_reason": "Was in hospital",
                }
            ],
        )
        message = fee.message_ids.filtered(lambda one: "Fee waived" in one.body)
        self.assertEqual(message.author_id, self.front_desk.partner_id)
        self.assertIn("Was in hospital", message.body)
        self.assertIn("Nobody is charged", self.answer["params"]["message"])
        # Every employee reads the appointment's own history.
        self.assertNotIn("hospital", str(event.message_ids.mapped("body")))

    def test_waiver_needs_a_reason(self):
        event = self._create_event()
        form = self._open(event, waive=True)
        with self.assertRaisesRegex(AssertionError, "waiver_reason is a required"):
            form.save()
        for reason in (False, "  "):
            wizard = self.env["clinic.visit.closing"].create(
                {
                    "event_id": event.id,
                    "status": "no_show",
                    "waive": True,
                    "waiver_reason": reason,
                }
            )
            with self.assertRaisesRegex(UserError, "Give the reason"):
                wizard.action_confirm()
        self.assertEqual(event.clinic_status, "planned")
        self.assertFalse(self._fees(event))

    def test_fees_and_waivers_are_not_written_by_hand(self):
        service = self._create_service()
        for values in (
            {"is_fee": True},
            {"waiver_reason": "Mine"},
            {"repeats": True},
        ):
            for user in (self.front_desk, self.manager):
                with self.subTest(user=user.login, **values):
                    with self.assertRaises(AccessError):
                        service.with_user(user).write(values)
                    with self.assertRaises(AccessError):
                        service.with_user(user).create(
                            {
                                "patient_id": self.client.id,
                                "rate_id": self.rate.id,
                                **values,
                            }
                        )

    # === REOPENING === #

    def test_reopening_withdraws_the_fee(self):
        event = self._create_event()
        service = event.clinic_service_ids
        for values in ({}, {"waive": True, "waiver_reason": "Called"}):
            fee = self._close(event, **values) - self._fees(event).filtered(
                "is_cancelled"
            )
            event.with_user(self.front_desk).action_clinic_reopen()
            self.assertRecordValues(fee, [{"state": "cancelled", "amount_due": 0}])
            self.assertEqual(event.clinic_status, "planned")
            self.assertEqual(service.state, "planned")
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        self.assertEqual(service.invoice_ids.amount_total, 100)

    def test_closing_again_charges_again(self):
        event = self._create_event()
        first = self._close(event)
        event.action_clinic_reopen()
        second = self._close(event) - first
        self.assertEqual((first | second).mapped("state"), ["cancelled", "to_invoice"])

    def test_status_bar_withdraws_the_fee_as_well(self):
        for status in ("planned", "completed"):
            event = self._create_event()
            fee = self._close(event)
            event.with_user(self.front_desk).clinic_status = status
            self.assertEqual(fee.state, "cancelled")

    def test_billed_fee_refuses_to_be_withdrawn(self):
        event = self._create_event()
        fee = self._close(event)
        invoice = self._invoice(fee)
        for undo in (
            lambda: event.with_user(self.front_desk).action_clinic_reopen(),
            lambda: event.with_user(self.front_desk).write(
                {"clinic_status": "completed"}
            ),
        ):
            with self.assertRaisesRegex(UserError, invoice.name):
                undo()
            self.env.invalidate_all()
            self.assertEqual(event.clinic_status, "no_show")
            self.assertEqual(fee.state, "invoiced")
        self._credit(invoice)
        event.with_user(self.front_desk).action_clinic_reopen()
        self.assertEqual(fee.state, "cancelled")

    def test_completed_visit_is_reopened(self):
        event = self._create_event()
        event.action_clinic_complete()
        event.with_user(self.front_desk).action_clinic_reopen()
        self.assertEqual(event.clinic_service_ids.state, "planned")

    # === RIGHTS === #

    def test_others_neither_close_nor_reopen_visits(self):
        event = self._create_event(user_id=self.employee.id)
        for method in (
            "action_clinic_no_show",
            "action_clinic_cancel_visit",
            "action_clinic_reopen",
            "action_clinic_add_patients",
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(event.with_user(self.employee), method)()
        with self.assertRaises(AccessError):
            self.env["clinic.visit.closing"].with_user(self.employee).create(
                {"event_id": event.id}
            )

    def test_front_desk_of_another_company_does_not_close_the_visit(self):
        company = self.env["res.company"].create({"name": "Hill Clinic"})
        outsider = self._create_user(
            "outside_desk", "clinic_invoicing.group_front_desk", company_id=company.id
        )
        event = self._create_event()
        for method in (
            "action_clinic_no_show",
            "action_clinic_complete",
            "action_clinic_reopen",
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self.env.flush_all()
                self.env.invalidate_all()
                getattr(event.with_user(outsider), method)()
        self.assertEqual(event.clinic_status, "planned")

    def test_private_appointment_is_closed(self):
        event = self._create_event()
        event.sudo().privacy = "private"
        fee = self._close(event)
        self.assertRecordValues(
            fee,
            [{"patient_id": self.client.id, "practitioner_id": self.practitioner.id}],
        )

    # === SETTINGS === #

    def test_administrator_sets_the_fees(self):
        self.practice.clinic_no_show_rate_id = False
        admin = self.env.ref("base.user_admin")
        admin.write(
            {
                "company_ids": [Command.link(self.practice.id)],
                "company_id": self.practice.id,
            }
        )
        settings = self.env["res.config.settings"].with_user(admin)
        form = Form(settings.with_company(self.practice))
        form.clinic_no_show_rate_id = self.no_show_fee
        form.clinic_cancel_notice_hours = 12
        form.save().execute()
        self.assertRecordValues(
            self.practice,
            [
                {
                    "clinic_no_show_rate_id": self.no_show_fee.id,
                    "clinic_cancel_notice_hours": 12,
                }
            ],
        )

    def test_fee_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Hill Clinic"})
        foreign = self._create_rate("Foreign fee", 10, company_id=company.id)
        self.rate.company_id = self.practice
        for name in ("clinic_no_show_rate_id", "clinic_late_cancel_rate_id"):
            with (
                self.subTest(name=name),
                self.assertRaises(UserError),
            ):
                self.rate[name] = foreign

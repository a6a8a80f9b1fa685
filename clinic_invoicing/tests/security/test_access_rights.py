from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon

APPOINTMENT_FIELDS = (
    "clinic_patient_id",
    "clinic_service_ids",
    "clinic_status",
    "clinic_billing_state",
    "clinic_invoice_names",
    "clinic_patient_count",
    "clinic_group_label",
    "clinic_is_visit",
    "clinic_deposit_label",
)


@tagged("post_install", "-at_install")
class TestAccessRights(ClinicInvoicingCommon):
    """What the table of rights, see test_rights, does not tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other_company = cls.env["res.company"].create({"name": "Hill Clinic"})
        cls.outsider = cls._create_user(
            "outsider",
            "clinic_invoicing.group_manager",
            name="Olga Outsider",
            company_id=other_company.id,
        )
        cls.accountant = cls._create_user(
            "accountant", "account.group_account_manager", name="Ada Accountant"
        )
        cls.visit = cls._create_event(cls.client)
        cls.service = cls._create_service()
        cls.bill = cls._invoice(cls.service | cls._create_service(cls.insurer_rate))
        items = cls.bill.clinic_billing_run_id.item_ids
        cls.records = {
            "clinic.service": cls._create_service(),
            "clinic.service.share": cls.service.share_ids,
            "clinic.billing.run": cls.bill.clinic_billing_run_id,
            "clinic.billing.run.item": items,
            "clinic.billing.run.chunk": items.chunk_id,
        }
        link = cls._invoice(cls._create_service())._clinic_get_payment_link()
        cls.records[link._name] = link
        cls._add_program()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _add_program(cls):
        program = cls.env["clinic.program"].create(
            {
                "name": "Back school",
                "rate_id": cls.rate.id,
                "date_begin": "2099-03-12 14:00:00",
                "date_end": "2099-03-12 16:00:00",
            }
        )
        program.action_start_registration()
        registration = cls.env["clinic.program.registration"].create(
            {"program_id": program.id, "patient_id": cls.client.id}
        )
        for record in (program, registration):
            cls.records[record._name] = record

    # === MODELS === #

    def test_who_has_no_access_finds_and_reads_nothing(self):
        for user in (self.client_user, self.employee, self.accountant):
            for model, record in self.records.items():
                with self.subTest(user=user.login, model=model):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search([])
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(["id"])

    def test_front_desk_opens_neither_runs_nor_invoices(self):
        for record in (
            self.records["clinic.billing.run"],
            self.bill,
            self.bill.invoice_line_ids,
        ):
            with self.assertRaises(AccessError):
                record.with_user(self.front_desk).read(["id"])
        with self.assertRaises(AccessError):
            self.service.with_user(self.front_desk).read(["invoice_ids"])
        menus = self.env["ir.ui.menu"].with_user(self.front_desk)._visible_menu_ids()
        self.assertIn(self.env.ref("clinic_invoicing.clinic_service_menu").id, menus)
        self.assertNotIn(
            self.env.ref("clinic_invoicing.clinic_billing_run_menu").id, menus
        )

    def test_employees_see_no_menu(self):
        menus = self.env["ir.ui.menu"].with_user(self.employee)._visible_menu_ids()
        self.assertNotIn(self.env.ref("clinic_invoicing.clinic_menu").id, menus)

    def test_front_desk_keeps_rates_it_cannot_change(self):
        rate = self.rate.with_user(self.front_desk)
        self.assertEqual(rate.lst_price, 100)
        with self.assertRaises(AccessError):
            rate.list_price = 1
        with self.assertRaises(AccessError):
            rate.clinic_is_invoiced = False

    def test_rates_are_kept_by_the_manager(self):
        with self.assertRaises(AccessError):
            self.rate.with_user(self.biller).list_price = 1
        self.rate.with_user(self.manager).list_price = 120
        self.assertEqual(self.rate.lst_price, 120)

    def test_groups_build_on_each_other(self):
        front_desk, biller, manager = (
            self.env.ref(f"clinic_invoicing.group_{name}")
            for name in ("front_desk", "biller", "manager")
        )
        self.assertIn(front_desk, biller.all_implied_ids)
        self.assertIn(biller, manager.all_implied_ids)
        self.assertNotIn(
            self.env.ref("account.group_account_invoice"), front_desk.all_implied_ids
        )

    # === COMPANIES === #

    def test_biller_of_another_company_sees_nothing(self):
        for model, record in self.records.items():
            with self.subTest(model=model):
                foreign = self.env[model].with_user(self.outsider)
                self.assertFalse(foreign.search([]))
                self.assertFalse(record.with_user(self.outsider).has_access("read"))
                with self.assertRaises(AccessError):
                    record.with_user(self.outsider).read(["id"])
        counts = self.env["clinic.service"].with_user(self.outsider).get_tab_counts()
        self.assertEqual(set(counts.values()), {"0"})

    def test_biller_of_another_company_changes_nothing(self):
        service = self.records["clinic.service"].with_user(self.outsider)
        for method in ("action_cancel", "action_invoice", "action_mark_as_paid"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(service, method)()
        with self.assertRaises(AccessError):
            service.write({"quantity": 2})
        with self.assertRaises(AccessError):
            self._create_run(service, self.outsider)
        self.assertRecordValues(
            self.records["clinic.service"], [{"state": "to_invoice", "quantity": 1}]
        )

    # === WHAT NO BUTTON IS ASKED FOR === #

    def test_invoices_are_not_made_for_people_outside_the_groups(self):
        for user in (self.employee, self.accountant, self.client_user):
            with self.assertRaises(AccessError):
                self.records["clinic.service"].with_user(user)._create_invoices(
                    "2024-03-31"
                )

    # === WHAT IS ON CALENDARS AND CONTACTS === #

    def _check_appointment_is_closed(self, event):
        """What the clinic keeps on an event can be neither read nor searched."""
        for name in APPOINTMENT_FIELDS:
            with self.subTest(name=name), self.assertRaises(AccessError):
                event.read([name])
        for domain in (
            [("clinic_patient_id.name", "ilike", "Clara")],
            [("clinic_patient_id", "!=", False)],
            [("clinic_service_ids.name", "ilike", "Consultation")],
            [("clinic_status", "=", "planned")],
        ):
            with self.subTest(domain=domain), self.assertRaises(AccessError):
                event.search(domain)
        with self.assertRaises(AccessError):
            event._read_group([], ["clinic_patient_id"], ["__count"])
        self.assertFalse({*APPOINTMENT_FIELDS} & event.fields_get().keys())

    def test_employees_do_not_read_who_the_patient_is(self):
        self._check_appointment_is_closed(self.visit.with_user(self.employee))
        self._check_appointment_is_closed(self.visit.with_user(self.practitioner))

    def test_invited_clients_do_not_read_what_the_clinic_keeps(self):
        self.visit.partner_ids = [Command.link(self.client.id)]
        event = self.visit.with_user(self.client_user)
        self.assertEqual(event.read(["name"])[0]["name"], "Appointment")
        self._check_appointment_is_closed(event)

    def test_employees_do_not_change_the_visit(self):
        event = self._create_event(user_id=self.employee.id)
        with self.assertRaises(AccessError):
            event.with_user(self.employee).clinic_status = "completed"
        event.with_user(self.employee).location = "Room 2"
        self.assertEqual(event.location, "Room 2")

    def test_front_desk_reads_the_visit(self):
        values = self.visit.with_user(self.front_desk).read(APPOINTMENT_FIELDS)[0]
        self.assertEqual(values["clinic_patient_id"][0], self.client.id)
        self.assertEqual(values["clinic_billing_state"], "planned")

    def test_clients_do_not_read_who_else_is_a_patient(self):
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = employer
        self.env.flush_all()
        colleague = self.other_client.with_user(self.client_user)
        self.assertEqual(colleague.read(["name"])[0]["name"], "Otto Other")
        for name in (
            "clinic_is_patient",
            "clinic_guarantor_id",
            "clinic_insurer_id",
            "clinic_service_ids",
        ):
            with self.subTest(name=name), self.assertRaises(AccessError):
                colleague.read([name])
            with self.subTest(search=name), self.assertRaises(AccessError):
                colleague.search([(name, "!=", False)])

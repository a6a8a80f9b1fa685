import json

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from ...models.guards.clinic_guarded import GUARD
from ...server_side import heard, tell
from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestGuarded(ClinicInvoicingCommon):
    """What follows from facts is written by no hand, whatever the door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.rate = cls._create_rate("Report", 50, clinic_needs_approval=True)
        cls.service = cls._create_service()
        cls.line = cls.bill.invoice_line_ids
        cls.services = cls.env["clinic.service"].with_user(cls.front_desk)
        cls.values = {"rate_id": cls.rate.id, "patient_id": cls.client.id}
        cls.approved = {
            "approved_by_id": cls.manager.id,
            "approved_on": "2024-03-12 10:00:00",
        }
        cls.env.flush_all()

    def _call(self, user, model, method, *args, **context):
        return call_kw(
            self.env[model].with_user(user), method, [*args], {"context": context}
        )

    # === THE DOORS OF A MODEL OF OURS === #

    def test_values_are_refused(self):
        with self.assertRaises(AccessError):
            self.services.create({**self.values, **self.approved})
        with self.assertRaises(AccessError):
            self.service.with_user(self.manager).write(self.approved)
        with self.assertRaises(AccessError):
            self._call(
                self.front_desk,
                "clinic.service",
                "web_save",
                [],
                {**self.values, **self.approved},
                {},
            )

    def test_defaults_of_a_context_are_refused(self):
        context = {f"default_{name}": value for name, value in self.approved.items()}
        for method in ("create", "web_save"):
            args = ([], self.values, {}) if method == "web_save" else (self.values,)
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call(self.front_desk, "clinic.service", method, *args, **context)

    def test_defaults_of_a_context_do_not_reach_what_odoo_makes(self):
        """What a client's request leads to is made in sudo, with its context."""
        context = {f"default_{name}": value for name, value in self.approved.items()}
        services = self.services.with_context(**context).sudo()
        service = services.create(self.values)
        self.assertFalse(service.approved_by_id)
        self.assertFalse(services.default_get(["approved_by_id"]))

    def test_defaults_of_a_user_are_not_taken(self):
        self._call(
            self.front_desk,
            "ir.default",
            "set",
            "clinic.service",
            "approved_by_id",
            self.manager.id,
            True,
        )
        self.assertFalse(self.services.create(self.values).approved_by_id)

    def test_ordinary_defaults_are_taken(self):
        services = self.services.with_context(default_patient_id=self.child.id)
        service = services.create({"rate_id": self.rate.id})
        self.assertEqual(service.patient_id, self.child)

    def test_imports_are_refused(self):
        # The rights are checked for each row: what is refused is told, not raised.
        result = self.services.load(
            ["rate_id/.id", "patient_id/.id", "approved_by_id/.id"],
            [[str(self.rate.id), str(self.client.id), str(self.manager.id)]],
        )
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_copies_are_refused(self):
        with self.assertRaises(AccessError):
            self.service.with_user(self.biller).copy(self.approved)
        self.assertFalse(self.service.with_user(self.biller).copy().approved_by_id)

    def test_commands_on_a_parent_are_refused(self):
        event = self._create_event()
        for command in (
            Command.create({**self.values, **self.approved}),
            Command.update(event.clinic_service_ids.id, self.approved),
        ):
            with self.subTest(command=command), self.assertRaises(AccessError):
                event.with_user(self.front_desk).clinic_service_ids = [command]

    def test_no_client_can_lift_the_guard(self):
        for context in ({GUARD: "True"}, {GUARD: True}):
            with self.subTest(context=context), self.assertRaises(AccessError):
                self._call(
                    self.manager,
                    "clinic.service",
                    "write",
                    self.service.ids,
                    self.approved,
                    **context,
                )

    def test_what_a_record_is_about_is_given_once(self):
        run = self._create_run(self.service)
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        self.biller.company_ids += other
        with self.assertRaises(AccessError):
            run.with_user(self.biller).company_id = other
        self.assertEqual(run.company_id, self.practice)

    def test_flags_count_when_our_own_code_has_set_them(self):
        told = tell(clinic_in_plan=True)
        self.assertTrue(heard(self.env(context=told), "clinic_in_plan"))
        # What a client has been given, and sends back.
        sent = json.loads(json.dumps(told))
        self.assertIsNone(heard(self.env(context=sent), "clinic_in_plan"))

    # === FIELDS OF OURS ON MODELS OF ODOO === #

    def test_a_posted_line_keeps_its_share(self):
        share = self.line.clinic_share_id
        line = self.line.with_user(self.biller)
        bill = self.bill.with_user(self.biller)
        draft = self.bill.copy().with_user(self.biller)
        command = Command.update(
            draft.invoice_line_ids.id, {"clinic_share_id": share.id}
        )
        for write in (
            lambda: line.write({"clinic_share_id": False}),
            lambda: draft.write({"invoice_line_ids": [command]}),
            lambda: bill.write({"clinic_has_services": False}),
            lambda: bill.web_save({"clinic_billing_run_id": False}, {}),
        ):
            with self.assertRaises(AccessError):
                write()
        self.assertEqual(self.line.clinic_share_id, share)
        self.assertTrue(share._is_billed())

    def test_a_copy_carries_no_share_whatever_the_context_says(self):
        """Core carries it to credit notes by a word in the context."""
        move = self.bill.with_user(self.biller)
        with self.assertRaises(AccessError):
            move.with_context(include_business_fields=True).copy()
        copy = move.copy()
        self.assertFalse(copy.invoice_line_ids.clinic_share_id)
        self.assertTrue(copy.clinic_has_services)

    def test_a_credit_note_carries_the_share(self):
        move = self.bill.with_user(self.biller)
        credit_note = move._reverse_moves([{"invoice_date": move.invoice_date}])
        self.assertEqual(
            credit_note.invoice_line_ids.clinic_share_id, self.line.clinic_share_id
        )
        self.assertTrue(credit_note.clinic_has_services)
        self.assertNotIn(GUARD, credit_note.env.context)

    def test_payments_say_by_themselves_what_they_give_back(self):
        payment = self._pay(self.bill)
        values = {"payment_type": "outbound", "partner_id": self.client.id, "amount": 5}
        payments = self.env["account.payment"].with_user(self.biller)
        with self.assertRaises(AccessError):
            payments.create({**values, "clinic_reversed_payment_id": payment.id})
        with self.assertRaises(AccessError):
            payments.with_context(default_clinic_reversed_payment_id=payment.id).create(
                values
            )
        with self.assertRaises(AccessError):
            payment.with_user(self.biller).clinic_reversal_ids = [
                Command.create(values)
            ]

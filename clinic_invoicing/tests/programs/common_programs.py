from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from ..common import ClinicInvoicingCommon

JOB = "clinic_invoicing.ir_cron_release_places"


class ProgramsCommon(ClinicInvoicingCommon):
    """A practice with a program of three places that begins in thirty days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program_rate = cls._create_rate("Back school", 90)
        cls.program = cls._create_program()
        cls.env.flush_all()

    @classmethod
    def _create_program(cls, start=True, **values):
        begin = fields.Datetime.now() + timedelta(days=30)
        values.setdefault("date_begin", begin)
        values.setdefault("date_end", values["date_begin"] + timedelta(days=14))
        program = cls.env["clinic.program"].create(
            {
                "name": "Back school in spring",
                "rate_id": cls.program_rate.id,
                "user_id": cls.practitioner.id,
                "places": 3,
                "is_published": True,
                **values,
            }
        )
        if start:
            program.action_start_registration()
        return program

    @classmethod
    def _register(cls, patient=None, program=None, user=None):
        """Register a patient as the practice does."""
        model = cls.env["clinic.program.registration"].with_user(user or cls.front_desk)
        registration = model.create(
            {
                "program_id": (program or cls.program).id,
                "patient_id": (patient or cls.client).id,
            }
        )
        return registration.with_env(cls.env)

    @classmethod
    def _register_online(cls, patient=None, program=None, user=None):
        """Register a patient as the client's pages do."""
        user = user or cls.client_user
        # sudo: as the pages, which show nothing that is not theirs.
        program = (program or cls.program).with_user(user).sudo()
        patient = patient or user.partner_id
        registration = program._register_for_client(user, str(patient.id))
        return registration.with_env(cls.env)

    def _move_program(self, days, program=None):
        """Let it begin in so many days; what was promised is what it was then."""
        program = program or self.program
        begin = fields.Datetime.now() + timedelta(days=days)
        program.write({"date_begin": begin, "date_end": begin + timedelta(days=14)})

    def _promise(self, registration, days):
        """Let free cancellation end in so many days, whenever the program begins."""
        # sudo: nobody writes it.
        registration.sudo().refund_until = fields.Datetime.now() + timedelta(days=days)

    def _expire(self, registrations):
        # sudo: nobody writes it.
        registrations.sudo().reserved_until = fields.Datetime.now() - timedelta(
            minutes=1
        )

    def _release_places(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(JOB).method_direct_trigger()
        self.env.invalidate_all()
        # It has numbered entries: the next number that this cursor kept is taken.
        self.env["account.move"]._get_sequence_cache().clear()

    def _start_paying(self, registration, state="draft", **values):
        """Return the transaction of a client who has opened the payment form."""
        bill = registration.invoice_id
        tx = self._create_transaction(
            "direct",
            amount=bill.amount_total,
            currency_id=bill.currency_id.id,
            partner_id=bill.partner_id.id,
            invoice_ids=[Command.set(bill.ids)],
            reference=f"P{registration.id}",
            **values,
        )
        tx.state = state
        return tx

    def assertState(self, registration, state, taken=None):
        self.assertEqual(registration.state, state)
        if taken is not None:
            self.assertEqual(registration.program_id.places_taken, taken)

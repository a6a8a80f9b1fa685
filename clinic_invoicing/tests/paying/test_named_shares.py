from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestNamedShares(ClinicInvoicingCommon):
    """Money goes to the services that a person has named, wherever it stands."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_insurer_settlement = "invoice"
        patients = (cls.client, cls.other_client, cls.child)
        cls.services = cls.env["clinic.service"].union(
            *(cls._create_service(cls.insurer_rate, patient) for patient in patients)
        )
        cls.bill = cls._invoice(cls.services)
        cls.shares = cls.services.share_ids
        cls.env.flush_all()

    def _mark_as_paid(self, services):
        action = services.with_user(self.biller).action_mark_as_paid()
        return Form(
            self.env[action["res_model"]]
            .with_user(self.biller)
            .with_context(**action["context"])
        )

    def assertPaid(self, *parts):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.shares.mapped("amount_paid"), list(parts))

    def test_the_ticked_service_is_paid_and_no_other(self):
        form = self._mark_as_paid(self.services[1])
        self.assertEqual(form.amount, 80)
        form.save()._create_payments()
        self.assertEqual(self.bill.amount_residual, 160)
        self.assertPaid(0, 80, 0)
        self.assertEqual(
            self.services.mapped("state"), ["invoiced", "paid", "invoiced"]
        )

    def test_less_is_typed_and_more(self):
        form = self._mark_as_paid(self.services[1] | self.services[2])
        self.assertEqual(form.amount, 160)
        form.amount = 130
        form.save()._create_payments()
        self.assertPaid(0, 80, 50)
        form = self._mark_as_paid(self.services[2])
        self.assertEqual(form.amount, 30)
        form.amount = 45
        form.save()._create_payments()
        self.assertPaid(15, 80, 80)

    def test_what_was_denied_is_credited_and_the_others_stay_paid(self):
        form = self._mark_as_paid(self.services[1] | self.services[2])
        form.amount = 130
        form.save()._create_payments()
        denied, _paid, short = self.shares
        (denied | short).with_user(self.biller)._move(
            {denied: 80, short: 30}, "patient"
        )
        self.assertPaid(0, 80, 50)
        self.assertEqual(self.bill.amount_residual, 0)
        self.assertEqual(
            self.services.mapped("state"), ["to_invoice", "paid", "to_invoice"]
        )

    def test_it_survives_that_the_money_is_taken_off_and_comes_back(self):
        form = self._mark_as_paid(self.services[2])
        payment = form.save()._create_payments()
        payment._clinic_get_partials().unlink()
        self.assertPaid(0, 0, 0)
        # In order, without any name.
        self._pay(self.bill, 100)
        self.assertPaid(80, 20, 0)
        payment._clinic_pay_invoices(self.bill)
        self.assertPaid(80, 20, 80)

    def test_it_survives_a_refund_that_fails(self):
        payment = self._mark_as_paid(self.services[1]).save()._create_payments()
        payment = payment.with_user(self.manager)
        outbound = payment._clinic_undo("already_refunded", 80, "Test")
        self.assertPaid(0, 0, 0)
        outbound._clinic_undo("never_charged", 80, "Test")
        self.assertPaid(0, 80, 0)

    def test_it_goes_with_a_payment_that_never_was(self):
        payment = self._mark_as_paid(self.services[1]).save()._create_payments()
        payment.with_user(self.manager)._clinic_undo("never_charged", 80, "Test")
        self.assertPaid(0, 0, 0)
        self._pay(self.bill, 80)
        self.assertPaid(80, 0, 0)

    def test_it_survives_a_void_that_keeps_the_money(self):
        payment = self._mark_as_paid(self.services[1]).save()._create_payments()
        self.bill.with_user(self.manager)._clinic_void("Test", money="keep")
        self.assertPaid(0, 0, 0)
        self.assertEqual(set(self.services.mapped("state")), {"insurance"})
        self.assertEqual(payment.clinic_amount_unallocated, 80)

    def test_several_invoices_of_one_payer_get_what_was_ticked_of_each(self):
        second = self._create_services(2, rate=self.insurer_rate)
        other_bill = self._invoice(second)
        form = self._mark_as_paid(self.services[2] | second)
        self.assertEqual(form.amount, 240)
        form.group_payment = True
        form.save()._create_payments()
        self.assertPaid(0, 0, 80)
        self.assertEqual(set(second.mapped("state")), {"paid"})
        self.assertEqual((self.bill | other_bill).mapped("amount_residual"), [160, 0])

    def test_several_payers_pay_what_was_ticked_of_each(self):
        own = self._create_services(2, patient=self.other_client)
        own_bill = self._invoice(own)
        action = (own[1] | self.services[0] | self.services[1]).action_mark_as_paid()
        wizard = self.env["account.payment.register"].with_context(**action["context"])
        wizard.create({})._create_payments()
        self.assertPaid(80, 80, 0)
        self.assertEqual(own.share_ids.mapped("amount_paid"), [0, 100])
        self.assertEqual(own_bill.amount_residual, 100)

    def test_lines_that_are_due_on_several_days_are_paid_in_their_order(self):
        self.bill.button_draft()
        self.bill.invoice_payment_term_id = self._create_term((50, 0), (50, 60))
        self.bill.action_post()
        self._mark_as_paid(self.services[2]).save()._create_payments()
        self.assertPaid(0, 0, 80)
        lines = self.bill._clinic_get_open_lines()
        self.assertEqual(lines.mapped("amount_residual"), [40, 120])

    def test_what_a_client_names_is_taken_of_the_invoices_alone(self):
        foreign = self._create_service()
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.bill.ids)
            .create({"clinic_share_ids": [Command.set(foreign.share_ids.ids)]})
        )
        self.assertFalse(wizard._clinic_get_meant(wizard.line_ids))
        self.assertEqual(wizard.amount, 240)

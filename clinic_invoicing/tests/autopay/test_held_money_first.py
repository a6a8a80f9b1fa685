from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from ..charges.common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestHeldMoneyFirst(ChargesCommon):
    """Cards are charged for what held money has not paid."""

    def setUp(self):
        super().setUp()
        self.agreement = self._agree()

    def _pay_by_card(self, bill):
        """Return the payment of a client who pays an invoice in the portal."""
        return self._book_attempt(self._attempt(bill, reference=f"pay-{bill.id}"))

    def _receive(self, amount):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": self.client.id}
        )
        payment.action_post()
        return payment

    def test_what_was_kept_on_a_void_is_not_charged_again(self):
        service = self._create_service(price_unit=60)
        self._pay_by_card(self.bill)
        bill = self._invoice(service)
        payment = self._pay_by_card(bill)
        bill._clinic_void("Wrong day", money="keep")
        again = self._invoice(service)
        self._run()
        self.assertFalse(self._get_charges(again))
        self.assertEqual((again.amount_residual, self.sent), (0, []))
        self.assertEqual(payment.clinic_amount_unallocated, 0)

    def test_what_a_flip_has_freed_is_not_charged_again(self):
        lower = self._create_rate("Consultation (short)", 90)
        self.rate.clinic_counterpart_rate_id = lower.product_tmpl_id
        payment = self._pay_by_card(self.bill)
        service = self.bill.invoice_line_ids.clinic_service_id
        _notes, again = service._flip_rate("Shorter", date(2024, 4, 5))
        self._run()
        self.assertFalse(self._get_charges(again))
        self.assertEqual((again.amount_residual, self.sent), (0, []))
        self.assertEqual(payment.clinic_amount_unallocated, 10)
        self.assertEqual(payment.activity_ids.mapped("summary"), ["Money is left over"])

    def test_only_what_is_left_is_planned(self):
        self._pay_by_card(self.bill)
        self._receive(30)
        bill = self._invoice(self._create_service())
        self._run()
        charge = self._get_charges(bill)
        self.assertEqual(charge.amount, 70)
        self._come(charge)
        self.assertEqual((self.sent, bill.amount_residual), ([70], 0))

    def test_a_charge_that_is_planned_takes_what_is_left_only(self):
        self._run()
        charge = self._get_charges()
        self.bill.button_draft()
        self._receive(40)
        self.bill.action_post()
        self.assertEqual(self.bill.amount_residual, 60)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([60], "done"))
        self.assertEqual(self.bill.amount_residual, 0)

    def test_a_charge_that_is_planned_is_closed_when_nothing_is_left(self):
        self._run()
        charge = self._get_charges()
        self.bill.button_draft()
        self._receive(100)
        self.bill.action_post()
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "done"))

    def test_instalments_shrink_by_what_held_money_has_paid(self):
        wizard = self.env["clinic.payment.plan.proposal"].with_user(self.biller)
        wizard = wizard.create(
            {
                "invoice_ids": [Command.set(self.bill.ids)],
                "first_date": self._in_days(10),
                "number": 2,
            }
        )
        # sudo: clients have no right on plans; their page looks it up.
        plans = self.env["clinic.payment.plan"].sudo()
        plan = plans.browse(wizard.action_propose()["res_id"])
        plan._accept(
            self.client_user,
            card_id=str(self.card.id),
            wording=plan._get_wording(),
            ip="203.0.113.7",
        )
        self.bill.button_draft()
        self._receive(30)
        self.bill.action_post()
        self.assertEqual(plan.amount_open, 70)
        self._run()
        self.assertEqual(sum(plan._get_upcoming().mapped("amount")), 70)

from ast import literal_eval

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestUnallocated(OnlineCommon):
    """Money that has paid nothing is seen, and is allocated or given back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bills = cls.env["account.move"]
        for due in ("2024-05-31", "2024-04-30", "2024-06-30"):
            bill = cls._invoice(cls._create_service())
            bill.invoice_date_due = due
            cls.bills |= bill
        cls.payment = cls._receive(130)
        cls.env.flush_all()

    @classmethod
    def _receive(cls, amount, partner=None, **values):
        partner_id = (partner or cls.client).id
        payment = cls.env["account.payment"].create(
            {"amount": amount, "partner_id": partner_id, **values}
        )
        payment.action_post()
        return payment

    def _list(self):
        """Return what the page lists."""
        action = self.env.ref("clinic_invoicing.account_payment_action_unallocated")
        payments = self.env["account.payment"].with_user(self.biller)
        return payments.search(literal_eval(action.domain))

    def assertDue(self, *amounts):
        self.assertEqual(self.bills.mapped("amount_residual"), list(amounts))

    def test_the_page_lists_money_that_is_open(self):
        paid = self._pay(self.bills[0])
        overpaid = self._pay(self.bills[1], 110)
        listed = self._list()
        self.assertIn(self.payment, listed)
        self.assertIn(overpaid, listed)
        self.assertNotIn(paid, listed)
        self.assertEqual(self.payment.clinic_amount_unallocated, 130)
        self.assertEqual(overpaid.clinic_amount_unallocated, 10)
        overpaid._clinic_give_back(10, "Paid too much")
        self.assertNotIn(overpaid, self._list())
        self.assertNotIn(overpaid.clinic_reversal_ids, self._list())

    def test_the_page_is_the_billers(self):
        menu = self.env.ref("clinic_invoicing.account_payment_menu_unallocated")
        for user, expected in ((self.biller, True), (self.front_desk, False)):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual(menu.id in visible, expected)

    def test_it_pays_the_oldest_invoices_first(self):
        self.payment.with_user(self.biller).action_clinic_allocate()
        self.assertDue(70, 0, 100)
        self.assertFalse(self.payment.clinic_amount_unallocated)
        self.assertNotIn(self.payment, self._list())

    def test_it_pays_what_it_was_meant_for_first(self):
        tx = self._attempt(self.bills[2], 30)
        payment = self._receive(150, payment_transaction_id=tx.id)
        payment.with_user(self.biller).action_clinic_allocate()
        self.assertDue(100, 50, 0)

    def test_it_pays_the_invoices_that_are_chosen(self):
        self.payment._clinic_allocate(self.bills[0])
        self.assertDue(0, 100, 100)
        self.assertEqual(self.payment.clinic_amount_unallocated, 30)

    def test_it_pays_nobody_elses_invoices(self):
        company = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = company
        other_bill = self._invoice(self._create_service(patient=self.other_client))
        payment = self._receive(50, company)
        with self.assertRaisesRegex(UserError, "has no open invoice"):
            payment.with_user(self.biller).action_clinic_allocate()
        self.assertEqual(other_bill.amount_residual, 100)

    def test_it_pays_no_invoice_that_is_blocked(self):
        for bill in self.bills:
            bill.payment_state = "blocked"
        with self.assertRaisesRegex(UserError, "has no open invoice"):
            self.payment.with_user(self.biller).action_clinic_allocate()

    def test_it_is_given_back_by_managers(self):
        self.assertFalse(self.payment.with_user(self.biller).clinic_may_undo)
        payment = self.payment.with_user(self.manager)
        action = payment.action_clinic_reverse_payment()
        model = self.env[action["res_model"]].with_user(self.manager)
        form = Form(model.with_context(**action["context"]))
        form.mode = "refund"
        form.reason = "Paid twice"
        form.save().action_confirm()
        self.assertNotIn(self.payment, self._list())
        self.assertDue(100, 100, 100)

    def test_only_accounting_allocates(self):
        for user in (self.front_desk, self.client_user):
            with self.assertRaises(AccessError):
                self.payment.with_user(user).action_clinic_allocate()
        self.assertDue(100, 100, 100)

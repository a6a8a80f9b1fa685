from odoo.tests import tagged

from odoo.addons.clinic_invoicing.tests.common_walk import WalkCommon

from ...adapter import StripeGateway
from ..common_desk import DeskCommon

JOB = "clinic_invoicing.ir_cron_scheduled_charges"
KEYS = ("0" * 32, "1" * 32, "2" * 32)


@tagged("post_install", "-at_install")
class TestWalks(DeskCommon, WalkCommon):
    """Each way of money, from the button to the books, is one that can be followed."""

    walk_steps = ((StripeGateway, "send"),)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.write({"clinic_autopay": True, "clinic_desk_card_entry": True})
        cls.rate.clinic_deposit = 30
        cls.visit = cls._create_event(cls.client)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.card = self._save_card()
        self.invoice = self._bill()
        self.desk = self.env["clinic.desk"].with_user(self.front_desk)

    # === HELPERS === #

    def _press_pay(self, start, page, **values):
        """Read a page, and press "Pay" on it; return what the payment form is told."""
        shown = self._read_shown(page)
        form = self._pay_values(amount=120, shown=shown, **values)
        answer, error = self._rpc(start, **form)
        self.assertFalse(error)
        return answer

    def _type_card(self, start, page):
        """Type a card: one walk to its start, and one when Stripe tells of it."""
        with self._walking():
            answer = self._press_pay(start, page)
        self.browser.confirm(answer["client_secret"])
        with self._walking():
            self._deliver("payment_intent.succeeded")

    def _get_due(self):
        found = self.desk._find_invoice(self.invoice.id)
        return self.desk._get_due(found)

    def _get_cash(self):
        journal = self.company_data["default_journal_cash"]
        return journal.inbound_payment_method_line_ids[:1].id

    def assertPaid(self):
        self.assertEqual(self.invoice.amount_residual, 0)

    # === CLIENTS === #

    def test_a_card_that_a_client_types(self):
        self.authenticate("client", "client")
        start = f"/my/billing/pay/{self.invoice.id}"
        page = f"/my/billing/pay?invoice_ids={self.invoice.id}"
        self._type_card(start, page)
        self.assertPaid()

    def test_a_card_that_a_client_has_saved(self):
        self.authenticate("client", "client")
        start = f"/my/billing/pay/{self.invoice.id}"
        page = f"/my/billing/pay?invoice_ids={self.invoice.id}"
        with self._walking():
            self._press_pay(start, page, flow="token", token_id=self.card.id)
            # sudo: payers read no transactions.
            self.invoice.sudo().transaction_ids._post_process()
        self.assertPaid()

    def test_a_link(self):
        # sudo: whoever has it.
        token = self.invoice._clinic_get_payment_link().sudo().token
        self.authenticate(None, None)
        page = f"/clinic/pay/{token}"
        self._type_card(f"{page}/transaction", page)
        self.assertPaid()

    # === STAFF === #

    def test_a_saved_card_at_the_desk(self):
        with self._walking():
            done = self.desk._charge(self._get_due(), self.card.id, 120, KEYS[0])
            self.desk._finish(done)
        self.assertPaid()

    def test_cash_at_the_desk(self):
        with self._walking():
            self.desk._receive(self._get_due(), self._get_cash(), 120, KEYS[0])
        self.assertPaid()

    def test_a_deposit(self):
        due = self.desk._find_deposit(self.visit.id)
        with self._walking():
            done = self.desk._charge(due, self.card.id, 20, KEYS[1])
            self.desk._finish(done)
        due = self.desk._find_deposit(self.visit.id)
        with self._walking():
            self.desk._receive(due, self._get_cash(), 10, KEYS[2])
        self.assertEqual(sum(self.visit.clinic_deposit_ids.mapped("amount")), 30)

    def test_a_card_that_a_biller_charges(self):
        with self._walking():
            self._charge_at_the_desk(self.invoice, self.card)
        self.assertPaid()

    # === BY ITSELF === #

    def test_a_scheduled_charge(self):
        # sudo: as the client's page.
        self.env["clinic.autopay"].sudo()._agree(
            self.client_user,
            self.practice,
            card_id=str(self.card.id),
            cap="500",
            wording=self.practice._clinic_get_autopay_wording(),
            ip="203.0.113.7",
        )
        self._run_job(JOB)
        # sudo: nobody writes charges, and the test lets their day come.
        charge = self.invoice.sudo().clinic_charge_ids
        charge.next_date = self._get_today()
        with self._walking():
            self._run_job(JOB)
        self.assertPaid()

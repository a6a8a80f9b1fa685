from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common_desk import DeskCommon

KEYS = ("0" * 32, "1" * 32, "2" * 32)


@tagged("post_install", "-at_install")
class TestDeposits(DeskCommon, AccountPaymentCommon):
    """What becomes of deposits between the booking of a visit and its payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.clinic_deposit = 30
        cls.visit = cls._create_event(cls.client)
        cls.older_bill = cls._invoice(cls._create_service(price_unit=80))
        cls.env.flush_all()

    # === HELPERS === #

    def _desk(self):
        return self.env["clinic.desk"].with_user(self.front_desk)

    def _take_deposit(self, amount=30, event=None, payer=None, key=KEYS[0]):
        """Take a deposit in cash."""
        due = self._desk()._find_deposit((event or self.visit).id, payer and payer.id)
        return self._desk()._receive(due, self._get_cash(), amount, key)

    def _send_deposit(self, state="pending", amount=30, event=None, **values):
        """Return a transaction of a deposit that is paid online."""
        values.setdefault("partner_id", self.client.id)
        count = self.env["payment.transaction"].search_count([])
        return self._create_transaction(
            "direct",
            state=state,
            amount=amount,
            reference=f"deposit-{count}",
            currency_id=self.practice.currency_id.id,
            clinic_deposit_event_id=(event or self.visit).id,
            **values,
        )

    def _arrive(self, tx):
        tx._set_done()
        tx._post_process()
        return tx.payment_id

    def _bill_visit(self, event=None):
        event = event or self.visit
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        return event.clinic_service_ids.invoice_ids

    def _pay_bill(self, bill, amount=100):
        due = self._desk()._get_due(self._desk()._find_invoice(bill.id))
        return self._desk()._receive(due, self._get_cash(), amount, KEYS[2])

    def _create_group(self):
        """Return a session of the client and of somebody else."""
        event = self._create_event(self.client)
        self.env["clinic.service"].create(
            {
                "event_id": event.id,
                "patient_id": self.other_client.id,
                "rate_id": self.rate.id,
            }
        )
        return event

    # === ON ITS WAY === #

    def test_deposit_on_its_way_is_not_taken_again(self):
        self._go_online(self.provider)
        tx = self._send_deposit()
        url = f"/clinic/desk/deposit/{self.visit.id}"
        self.assertFalse(self.visit._clinic_get_deposit_amount(self.client))
        text, key = self._see(url)
        self.assertIn("A deposit of $ 30.00 is on its way", text.replace("\xa0", " "))
        self.assertFalse(key)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._take_deposit()
        tx._set_error("declined")
        text, key = self._see(url)
        self.assertNotIn("on its way", text)
        self.assertTrue(key)
        self._take_deposit()

    def test_deposit_that_has_come_and_is_not_booked_is_not_taken_again(self):
        self._send_deposit("done")
        with self.assertRaisesRegex(UserError, "on its way"):
            self._take_deposit()

    def test_deposit_of_somebody_else_holds_nobody_up(self):
        self._go_online(self.provider)
        event = self._create_group()
        self._send_deposit(event=event, partner_id=self.other_client.id)
        self._take_deposit(event=event, payer=self.client)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._take_deposit(event=event, payer=self.other_client, key=KEYS[1])

    def test_wire_transfer_that_may_never_arrive_holds_nobody_up(self):
        self.provider.code = "none"
        self._send_deposit()
        self._take_deposit()

    def test_invoice_waits_for_the_deposit_that_is_on_its_way(self):
        self._go_online(self.provider)
        tx = self._send_deposit()
        bill = self._bill_visit()
        self.assertTrue(bill.clinic_is_clearing)
        self.assertFalse(bill._clinic_get_claimable())
        asked = bill.search(bill._clinic_get_payable_domain(self.client))
        self.assertEqual(asked, self.older_bill)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._pay_bill(bill)
        with self.assertRaisesRegex(UserError, "on its way"):
            bill.with_user(self.biller).button_draft()
        self._arrive(tx)
        self.assertEqual((bill.amount_residual, bill.clinic_is_clearing), (70, False))
        self.assertEqual(self.older_bill.amount_residual, 80)
        self._pay_bill(bill, 70)
        self.assertFalse(bill.amount_residual)

    def test_invoice_is_free_when_the_deposit_has_failed(self):
        self._go_online(self.provider)
        tx = self._send_deposit()
        bill = self._bill_visit()
        tx._set_error("declined")
        self.assertFalse(bill.clinic_is_clearing)
        self._pay_bill(bill)
        self.assertFalse(bill.amount_residual)

    def test_form_that_cannot_be_closed_counts_once_it_was_confirmed(self):
        self._go_online(self.provider)
        tx = self._send_deposit("draft")
        bill = self._bill_visit()
        self.assertTrue(bill.clinic_is_being_paid)
        self.assertFalse(bill.clinic_is_clearing)
        tx._set_pending()
        self.assertTrue(bill.clinic_is_clearing)

    def test_invoice_does_not_wait_for_what_is_not_its_own(self):
        self._go_online(self.provider)
        self._send_deposit()
        self._send_deposit(event=self._create_event(self.client))
        self.visit.clinic_service_ids.bill_to_id = self.other_client
        bill = self._bill_visit()
        self.assertFalse(bill.clinic_is_clearing)
        self._pay_bill(bill)
        self.assertFalse(bill.amount_residual)

    def test_invoice_of_another_address_waits_as_well(self):
        self._go_online(self.provider)
        self._send_deposit()
        self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )
        service = self.visit.clinic_service_ids
        service.bill_to_id = self.client.child_ids
        with self.assertRaisesRegex(UserError, "on its way"):
            self._take_deposit(payer=self.client.child_ids)
        self.assertTrue(self._bill_visit().clinic_is_clearing)

    def test_many_invoices_learn_of_deposits_as_fast_as_few(self):
        self._go_online(self.provider)
        bills = self.env["account.move"]
        for _number in range(5):
            event = self._create_event(self.client)
            self._send_deposit(event=event)
            bills |= self._bill_visit(event)
        counts = []
        for some in (bills[:2], bills):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(all(bill._clinic_is_clearing() for bill in some))
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)

    # === ENTRIES === #

    def _use_accounting_app(self):
        """Behave as with Odoo's Accounting app, which wants no entries of payments."""
        self.patch(
            type(self.older_bill),
            "_get_invoice_in_payment_state",
            lambda _move: "in_payment",
        )
        lines = self.company_data[
            "default_journal_bank"
        ].inbound_payment_method_line_ids
        return (
            lines
            | self.company_data["default_journal_cash"].inbound_payment_method_line_ids
        )

    def test_deposits_have_entries_with_the_accounting_app_as_well(self):
        self._use_accounting_app().payment_account_id = False
        online = self._arrive(self._send_deposit())
        cash = self._take_deposit(20)
        self.assertEqual(
            (online.clinic_amount_unallocated, len(online.move_id)), (30, 1)
        )
        self.assertEqual((cash.clinic_amount_unallocated, len(cash.move_id)), (20, 1))
        self.assertEqual(self._bill_visit().amount_residual, 50)

    def test_deposits_and_payments_use_the_account_of_their_method(self):
        account = self.company_data["default_account_assets"].copy(
            {"account_type": "asset_current", "reconcile": True}
        )
        self._use_accounting_app().payment_account_id = account
        online = self._arrive(self._send_deposit())
        cash = self._take_deposit(20)
        self.assertEqual((online | cash).outstanding_account_id, account)
        bill = self._bill_visit()
        payment = self._pay_bill(bill, 50)
        self.assertEqual(payment.outstanding_account_id, account)
        self.assertFalse(bill.amount_residual)

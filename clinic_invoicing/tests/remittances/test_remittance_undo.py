from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_remittances import RemittancesCommon


@tagged("post_install", "-at_install")
class TestRemittanceUndo(RemittancesCommon):
    """What was posted is undone as if it had never been, or it is told why not."""

    def _get_lines(self):
        denied, paid, short = self.shares
        return [
            (denied, 0, {"rest": "client"}),
            (paid, 80),
            (short, 50, {"contractual": 10, "rest": "write_off"}),
        ]

    def test_undone_is_as_before_and_posted_again(self):
        before = self._photograph(self.services)
        remittance = self._post(self._get_lines())
        posted = self._photograph(self.services)
        payment = remittance.payment_id
        for _time in range(2):
            self._undo(remittance)
            self.assertEqual(remittance.state, "undone")
            self.assertEqual(self._photograph(self.services), before)
            self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
            remittance.action_reopen()
            remittance.action_post()
            self.assertEqual(self._photograph(self.services), posted)
        self.assertEqual(payment.state, "canceled")

    def test_what_is_posted_anew_with_nothing_to_move_is_undone(self):
        before = self._photograph(self.services)
        remittance = self._post([(self.shares[0], 50, {"rest": "client"})])
        self._undo(remittance)
        remittance.action_reopen()
        remittance.line_ids.paid = remittance.amount = 80
        remittance.action_post()
        self.assertFalse(remittance.credit_note_ids | remittance.invoice_ids)
        self._undo(remittance)
        self.assertEqual(self._photograph(self.services), before)

    def test_take_back_is_undone(self):
        self._post([(share, 80) for share in self.shares])
        other = self._create_service(self.insurer_rate)
        self._invoice(other)
        both = self.services | other
        before = self._photograph(both)
        second = self._post(
            [(self.shares[1], -80, {"rest": "client"}), (other.share_ids, 80)],
            reference="REMIT-2",
        )
        self._undo(second)
        self.assertEqual(self._photograph(both), before)

    def test_what_is_settled_outside_is_undone(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        before = self._photograph(service)
        remittance = self._post([(service.share_ids, 60, {"rest": "client"})])
        self._undo(remittance)
        self.assertEqual(self._photograph(service), before)

    def test_take_back_of_what_is_settled_outside(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        share = service.share_ids
        self._post([(share, 80)])
        second = self._post([(share, -80)], reference="REMIT-2")
        self.assertRecordValues(share, [{"amount_paid": 0, "settled_date": False}])
        self._undo(second)
        self.assertRecordValues(share, [{"amount_paid": 80, "state": "paid"}])

    def test_payment_on_a_bank_statement_stays_and_pays_again(self):
        remittance = self._post([(self.shares[1], 80)])
        payment = remittance.payment_id
        self._put_on_statement(payment)
        self._undo(remittance)
        self.assertPaid(0, 0, 0)
        self.assertEqual(payment.clinic_amount_unallocated, 80)
        remittance.action_reopen()
        remittance.line_ids.share_id = self.shares[2]
        remittance.line_ids.paid = 80
        remittance.action_post()
        self.assertEqual(remittance.payment_id, payment)
        self.assertPaid(0, 0, 80)

    def _put_on_statement(self, payment):
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": payment.journal_id.id,
                "date": payment.date,
                "payment_ref": "REMIT-1",
                "amount": payment.amount,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        outstanding = payment.move_id.line_ids.filtered(
            lambda one: one.account_id == payment.outstanding_account_id
        )
        suspense.account_id = outstanding.account_id
        (suspense | outstanding).reconcile()
        self.assertTrue(payment.reconciled_statement_line_ids)

    def test_what_rests_on_it_is_told(self):
        remittance = self._post(self._get_lines())
        self._pay(remittance.invoice_ids[:1])
        with self.assertRaisesRegex(UserError, "Clara Client has paid"):
            self._undo(remittance)

    def test_what_has_moved_on_is_told(self):
        remittance = self._post(self._get_lines(), invoice_clients=False)
        share = remittance.line_ids[0].handover_ids.share_id
        self._move(share, 30, "write_off")
        with self.assertRaisesRegex(UserError, "does not owe any more"):
            self._undo(remittance)

    def test_service_that_was_split_anew_is_told(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        remittance = self._post(
            [(service.share_ids, 0, {"rest": "write_off"})], invoice_clients=False
        )
        self._split(service, cover=50)
        with self.assertRaisesRegex(UserError, "split or flipped"):
            self._undo(remittance)

    def test_newer_remittance_is_told(self):
        remittance = self._post([(self.shares[0], 50)])
        self._post([(self.shares[0], 30)], reference="REMIT-2")
        with self.assertRaisesRegex(UserError, "REMIT-2"):
            self._undo(remittance)

    def test_money_that_went_back_is_told(self):
        remittance = self._post(self._get_lines())
        payment = remittance.payment_id.with_user(self.manager)
        payment._clinic_undo("already_refunded", 10, "Test")
        with self.assertRaisesRegex(UserError, "given back"):
            self._undo(remittance)

    def test_voided_invoice_is_told(self):
        remittance = self._post([(self.shares[1], 80)])
        self.bill.with_user(self.manager)._clinic_void("Test", money="keep")
        with self.assertRaisesRegex(UserError, "voided"):
            self._undo(remittance)

    def test_credit_note_that_stays_is_billed_anew(self):
        remittance = self._post(self._get_lines())
        self.patch(
            type(self.env["account.move"]),
            "_can_be_unlinked",
            lambda move: move not in remittance.credit_note_ids,
        )
        self._undo(remittance)
        self.assertEqual(remittance.credit_note_ids.state, "posted")
        self.assertEqual(self.services[0].state, "insurance")
        again = self._invoice(self.services[0] | self.services[2])
        self.assertEqual(sum(again.mapped("amount_total")), 110)
        self.assertEqual(self.bill.amount_residual, 130)

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestVoid(ClinicInvoicingCommon, AccountPaymentCommon):
    """One action undoes the invoice, its payments and what became of its services."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.services = cls._create_services(2)
        cls.bill = cls._invoice(cls.services)
        cls.payment = cls._pay(cls.bill)
        cls.env.flush_all()

    def _open(self, records=None, user=None):
        """Return the wizard that the button of invoices, or of a payment, opens."""
        records = (records or self.bill).with_user(user or self.manager)
        action = records.action_clinic_void()
        model = self.env[action["res_model"]].with_user(user or self.manager)
        return Form(model.with_context(**action["context"]))

    def _void(self, records=None, **values):
        form = self._open(records)
        form.reason = values.pop("reason", "Wrong client")
        for name, value in values.items():
            setattr(form, name, value)
        return form.save().action_confirm()

    def _create_tx(self, **values):
        return self._create_transaction(
            "direct",
            reference=values.pop("reference", "attempt"),
            amount=values.pop("amount", 100),
            currency_id=self.bill.currency_id.id,
            partner_id=self.client.id,
            **values,
        )

    def assertSettled(self, records):
        lines = records.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertTrue(lines)
        self.assertEqual(set(lines.mapped("reconciled")), {True})

    # === A PAID INVOICE === #

    def test_a_paid_invoice_is_undone_altogether(self):
        self._void()
        credit_note = self.bill.reversal_move_ids
        outbound = self.payment.clinic_reversal_ids
        self.assertRecordValues(
            self.bill, [{"payment_state": "reversed", "amount_residual": 0}]
        )
        self.assertRecordValues(credit_note, [{"state": "posted", "amount_total": 200}])
        self.assertEqual(outbound.amount, 200)
        self.assertSettled(
            self.bill | credit_note | self.payment.move_id | outbound.move_id
        )
        self.assertEqual(self.services.mapped("state"), ["to_invoice"] * 2)

    def test_its_services_are_invoiced_again(self):
        self._void()
        bill = self._invoice(self.services)
        self.assertEqual(bill.amount_residual, 200)
        self.assertEqual(self.services.mapped("state"), ["invoiced"] * 2)

    def test_its_services_are_written_off(self):
        self._void(services="write_off")
        self.assertEqual(self.services.mapped("state"), ["cancelled"] * 2)
        self.assertEqual(self.services.mapped("amount_due"), [0, 0])

    def test_what_went_back_already_is_only_booked(self):
        self._void(money="already_refunded")
        self.assertEqual(self.payment.clinic_reversal_ids.amount, 200)
        self.assertEqual(self.bill.payment_state, "reversed")

    def test_the_money_may_stay_as_credit(self):
        self._void(money="keep")
        self.assertFalse(self.payment.clinic_reversal_ids)
        lines = self.payment._clinic_get_receivable_lines()
        self.assertEqual(lines.amount_residual, -200)
        self.assertSettled(self.bill | self.bill.reversal_move_ids)

    def test_an_unpaid_invoice_is_settled_by_a_credit_note(self):
        service = self._create_service()
        bill = self._invoice(service)
        self._void(bill)
        self.assertEqual(bill.payment_state, "reversed")
        self.assertSettled(bill | bill.reversal_move_ids)
        self.assertEqual(service.state, "to_invoice")

    def test_other_invoices_of_the_same_payment_stay_paid(self):
        service, other_service = self._create_services(2)
        bill, other_bill = self._invoice(service), self._invoice(other_service)
        payment = self._pay(bill | other_bill)
        self._void(bill)
        self.assertEqual(payment.clinic_reversal_ids.amount, 100)
        self.assertEqual(other_service.state, "paid")
        self.assertSettled(
            bill
            | other_bill
            | bill.reversal_move_ids
            | payment.move_id
            | payment.clinic_reversal_ids.move_id
        )

    def test_each_payment_gives_back_what_it_paid(self):
        bill = self._invoice(self._create_service())
        first, second = self._pay(bill, 30), self._pay(bill, 90)
        self._void(bill)
        self.assertEqual(first.clinic_reversal_ids.amount, 30)
        self.assertEqual(second.clinic_reversal_ids.amount, 70)
        lines = second._clinic_get_receivable_lines()
        self.assertEqual(lines.amount_residual, -20)
        self.assertEqual(bill.payment_state, "reversed")

    def test_several_invoices_of_one_payment_give_back_once(self):
        bills = self._invoice(self._create_service())
        bills |= self._invoice(self._create_service())
        payment = self._pay(bills)
        form = self._open(bills)
        self.assertIn("200.00 of", form.effect)
        form.reason = "Wrong client"
        form.save().action_confirm()
        self.assertEqual(payment.clinic_reversal_ids.mapped("amount"), [200])
        self.assertEqual(bills.mapped("payment_state"), ["reversed"] * 2)
        self.assertSettled(
            bills
            | bills.reversal_move_ids
            | payment.move_id
            | payment.clinic_reversal_ids.move_id
        )

    def test_a_discount_is_no_money_that_goes_back(self):
        bill = self._invoice(self._create_service())
        bill.button_draft()
        bill.invoice_payment_term_id = self._create_discount_term()
        bill.action_post()
        payment = self._pay(bill)
        self.assertEqual(payment.amount, 98)
        self._void(bill)
        outbound = payment.clinic_reversal_ids
        self.assertEqual(sum(outbound.mapped("amount")), 98)
        self.assertSettled(
            bill | bill.reversal_move_ids | payment.move_id | outbound.move_id
        )

    def test_what_another_payer_owes_of_a_service_stays(self):
        service = self._create_service()
        insurers_share = self.env["clinic.service.share"].create(
            {
                "service_id": service.id,
                "payer_type": "insurer",
                "partner_id": self.insurer.id,
                "fixed_amount": 60,
            }
        )
        own_share = service.share_ids - insurers_share
        bills = self.env["account.move"]
        for share in own_share | insurers_share:
            line = {**share._prepare_invoice_line(), "price_unit": share.amount}
            bills |= bills.sudo().create(
                {
                    "move_type": "out_invoice",
                    "partner_id": share.partner_id.id,
                    "invoice_date": "2024-03-31",
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        bills.action_post()
        self.assertEqual(service.state, "invoiced")
        self._void(bills[0], services="write_off")
        self.assertRecordValues(
            own_share | insurers_share,
            [{"state": "written_off"}, {"state": "invoiced"}],
        )
        self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 60}])

    def test_what_was_credited_before_is_not_credited_twice(self):
        first, second = self._create_services(2)
        bill = self._invoice(first | second)
        draft = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        draft.invoice_line_ids.filtered(
            lambda line: line.clinic_share_id in first.share_ids
        ).unlink()
        draft.action_post()
        (bill | draft)._clinic_reconcile_each_account()
        payment = self._pay(bill)
        self.assertEqual(payment.amount, 100)
        self._void(bill)
        later = bill.reversal_move_ids - draft
        self.assertEqual(later.amount_total, 100)
        self.assertSettled(bill | draft | later | payment.move_id)
        self.assertEqual((first | second).mapped("state"), ["to_invoice"] * 2)

    def _credit_apart(self, bill):
        """Return a credit note over the whole bill that nobody has reconciled."""
        credit_note = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        credit_note.action_post()
        self.assertEqual(credit_note.payment_state, "not_paid")
        return credit_note

    def test_a_credit_note_over_everything_settles_the_invoice(self):
        credit_note = self._credit_apart(self.bill)
        self._void()
        self.assertEqual(self.bill.reversal_move_ids, credit_note)
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertEqual(self.payment.clinic_reversal_ids.amount, 200)
        self.assertSettled(self.bill | credit_note | self.payment.move_id)

    def test_a_credit_note_that_was_paid_out_is_not_paid_again(self):
        credit_note = self._credit_apart(self.bill)
        self._pay(credit_note)
        with (
            self.assertRaisesRegex(UserError, "paid out or used"),
            self.env.cr.savepoint(),
        ):
            self._void()
        self.env.invalidate_all()
        self.assertFalse(self.payment.clinic_reversal_ids)
        self.assertEqual(self.bill.amount_residual, 0)

    def test_money_without_an_entry_is_not_overlooked(self):
        # As where the bank statement makes the entries: with Odoo's Accounting app.
        self.patch(
            type(self.bill), "_get_invoice_in_payment_state", lambda _move: "in_payment"
        )
        lines = self.payment.journal_id.inbound_payment_method_line_ids
        lines.payment_account_id = False
        bill = self._invoice(self._create_service())
        payment = self.env["account.payment"].create(
            {
                "amount": 100,
                "partner_id": self.client.id,
                "invoice_ids": bill.ids,
                "outstanding_account_id": False,
            }
        )
        payment.action_post()
        self.assertFalse(payment.move_id)
        with (
            self.assertRaisesRegex(UserError, "has no entry in the books"),
            self.env.cr.savepoint(),
        ):
            self._void(bill)
        payment._clinic_call_off("It never came")
        self._void(bill)
        self.assertEqual(bill.payment_state, "reversed")

    def test_the_button_of_the_payment_voids_what_it_paid(self):
        form = self._open(self.payment)
        self.assertIn(self.bill.name, form.effect)
        self.assertIn(f"200.00 of {self.payment.name}", form.effect)
        self._void(self.payment)
        self.assertEqual(self.bill.payment_state, "reversed")

    def test_the_record_says_who_what_and_why(self):
        self._void(reason="Wrong client")
        for record in (self.bill, self.payment, self.bill.reversal_move_ids):
            bodies = record.message_ids.mapped(lambda m: html2plaintext(m.body))
            note = next(body for body in bodies if "Voided:" in body)
            self.assertIn(self.bill.name, note)
            self.assertIn("By Mona Manager. Reason: Wrong client", note)

    # === WHAT CANNOT BE VOIDED === #

    def test_nothing_is_voided_twice(self):
        self._void()
        with self.assertRaisesRegex(UserError, "voided before"):
            self._open()
        self.assertFalse(self.bill.with_user(self.manager).clinic_may_void)

    def test_drafts_and_credit_notes_are_not_voided(self):
        self._void()
        for move in (self.bill.reversal_move_ids, self.bill.copy()):
            with self.assertRaisesRegex(UserError, "Only posted invoices"):
                self._open(move)

    def test_authorised_money_has_to_be_released_first(self):
        bill = self._invoice(self._create_service())
        self.provider.support_manual_capture = "full_only"
        tx = self._create_tx(invoice_ids=bill.ids, state="authorized")
        with self.assertRaisesRegex(UserError, "being processed"):
            # This provider does not release it at once.
            self._void(bill)
        self.assertFalse(bill.reversal_move_ids)
        tx.state = "cancel"
        self._void(bill)
        self.assertEqual(bill.payment_state, "reversed")

    def test_money_that_has_arrived_is_booked_and_goes_back(self):
        bill = self._invoice(self._create_service())
        tx = self._create_tx(invoice_ids=bill.ids, state="done")
        self.assertFalse(tx.is_post_processed)
        self._void(bill)
        self.assertEqual(tx.payment_id.clinic_reversal_ids.amount, 100)
        self.assertSettled(bill | bill.reversal_move_ids | tx.payment_id.move_id)

    # === WHO MAY === #

    def test_only_managers_void(self):
        self.assertTrue(self.bill.with_user(self.manager).clinic_may_void)
        self.assertFalse(self.bill.with_user(self.biller).clinic_may_void)
        values = {"invoice_ids": self.bill.ids, "reason": "Mine"}
        for user in (self.biller, self.front_desk, self.client_user):
            for records in (self.bill, self.payment):
                with self.assertRaises(AccessError):
                    records.with_user(user).action_clinic_void()
            model = self.env["clinic.invoice.void"].with_user(user)
            with self.assertRaises(AccessError):
                model.create(values)
            wizard = model.sudo().create(values).sudo(False)
            with self.assertRaises(AccessError):
                wizard.action_confirm()
        self.assertFalse(self.bill.reversal_move_ids)

    def test_nobody_else_voids_over_rpc(self):
        calls = (
            (self.bill, "action_clinic_void", []),
            (self.bill, "_clinic_void", ["Mine"]),
            (self.payment, "action_clinic_void", []),
            (self.payment, "_clinic_undo", ["refund", 10, "Mine"]),
            (self.payment, "_clinic_give_back", [10, "Mine"]),
        )
        for user in (self.biller, self.front_desk, self.client_user):
            for records, method, arguments in calls:
                model = self.env[records._name].with_user(user)
                with self.assertRaises(AccessError):
                    call_kw(model, method, [records.ids, *arguments], {})
        self.assertFalse(self.payment.clinic_reversal_ids)
        self.assertFalse(self.bill.reversal_move_ids)

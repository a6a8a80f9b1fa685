import runpy
from datetime import date
from unittest.mock import patch

from odoo.fields import Command, Domain
from odoo.modules.module import get_module_path
from odoo.tests import tagged

from ...rules.askers import DISPUTED
from ..common_online import OnlineCommon

OVER = "Money is left over"
HELD_LOG = "odoo.addons.clinic_invoicing.models.paying.payment_transaction_held"
MIGRATION = "migrations/19.0.1.1.0/pre-migrate.py"


@tagged("post_install", "-at_install")
class TestHeldMoneyPays(OnlineCommon):
    """Money that is held pays new invoices: once, the oldest first, and visibly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lower_rate = cls._create_rate("Consultation (short)", 90)
        cls.rate.clinic_counterpart_rate_id = cls.lower_rate.product_tmpl_id
        cls.service = cls._create_service()
        cls.bill = cls._invoice(cls.service)
        cls.env.flush_all()

    def _receive(self, amount, partner=None, **values):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": (partner or self.client).id, **values}
        )
        payment.action_post()
        return payment

    def _keep(self, amount=None):
        """Return the payment that was kept when its invoice was voided."""
        payment = self._pay(self.bill, amount)
        self.bill._clinic_void("Wrong day", money="keep")
        return payment

    def _bill(self, amount=100, **values):
        return self._invoice(self._create_service(price_unit=amount, **values))

    def _post_again(self, invoice):
        invoice.button_draft()
        invoice.action_post()

    def assertLeft(self, payment, amount):
        self.assertEqual(payment.clinic_amount_unallocated, amount)

    def assertToldOnce(self, payment, amount):
        """A biller was told, once, that so much is left, beside a way to give back."""
        self.assertLeft(payment, amount)
        told = payment.activity_ids
        self.assertEqual(told.mapped("summary"), [OVER])
        self.assertEqual(told.user_id, self.practice._clinic_get_biller())
        self.assertIn(f"{amount}.00", told.note)
        self.assertTrue(payment.with_user(self.manager).clinic_may_undo)
        self.assertTrue(payment.clinic_amount_returnable)

    # === WHAT PAYS === #

    def test_what_was_kept_on_a_void_pays_the_new_invoice(self):
        payment = self._keep()
        again = self._invoice(self.service)
        self.assertEqual(again.amount_residual, 0)
        self.assertEqual(again._get_reconciled_payments(), payment)
        self.assertLeft(payment, 0)
        self.assertEqual(self.service.state, "paid")
        self.assertFalse(payment.activity_ids)

    def test_both_sides_say_what_was_paid_with_what(self):
        payment = self._keep()
        again = self._invoice(self.service)
        told = "".join(again.message_ids.mapped("body"))
        self.assertIn(payment.name, told)
        self.assertIn("100.00", told)
        self.assertIn(again.name, "".join(payment.message_ids.mapped("body")))

    def test_open_credit_notes_pay(self):
        self._pay(self.bill)
        credit_note = self.bill._reverse_moves([{"invoice_date": "2024-04-01"}])
        credit_note.action_post()
        again = self._bill(60)
        self.assertEqual((again.amount_residual, credit_note.amount_residual), (0, 40))
        self.assertIn(again.name, "".join(credit_note.message_ids.mapped("body")))

    def test_the_oldest_money_pays_first(self):
        may = self._receive(30, date="2024-05-01")
        april = self._receive(50, date="2024-04-01")
        self.assertEqual(self._bill(60).amount_residual, 0)
        self.assertLeft(april, 0)
        self.assertLeft(may, 20)

    def test_the_oldest_invoice_is_paid_first(self):
        later, sooner = self._bill(70), self._bill(70)
        (later | sooner).button_draft()
        later.invoice_date_due, sooner.invoice_date_due = "2024-06-30", "2024-05-31"
        self._receive(100)
        (later | sooner).action_post()
        self.assertEqual((later.amount_residual, sooner.amount_residual), (40, 0))

    def test_a_draft_that_is_posted_later_is_paid(self):
        self.bill.button_draft()
        payment = self._receive(40)
        self.bill.action_post()
        self.assertEqual(self.bill.amount_residual, 60)
        self.assertLeft(payment, 0)

    def test_a_run_pays_each_payer_with_their_own_money(self):
        mine, others = self._receive(30), self._receive(70, self.other_client)
        services = self._create_service() | self._create_service(
            patient=self.other_client
        )
        bills = self._invoice(services).sorted("partner_id")
        self.assertEqual(
            dict(zip(bills.partner_id, bills.mapped("amount_residual"), strict=True)),
            {self.client: 70, self.other_client: 30},
        )
        self.assertLeft(mine, 0)
        self.assertLeft(others, 0)

    def test_many_invoices_are_paid_as_fast_as_few(self):
        def count(number):
            patients = self.env["res.partner"].create(
                [{"name": f"P{n}", "clinic_is_patient": True} for n in range(number)]
            )
            services = self.env["clinic.service"]
            for patient in patients:
                self._receive(100, patient)
                services |= self._create_service(patient=patient)
            self.practice.clinic_use_held_money = False
            bills = self._invoice(services)
            self.practice.clinic_use_held_money = True
            # sudo: as money that came since.
            self.env["account.move.line"].search([]).sudo().clinic_held_as = False
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            bills.sudo()._clinic_pay_with_held()
            self.env.flush_all()
            self.assertEqual(set(bills.mapped("amount_residual")), {0})
            return self.cr.sql_log_count - before

        count(2)
        few = count(2)
        self.assertLessEqual(count(12), few + 10)

    # === WHAT DOES NOT === #

    def test_other_currencies_and_practices_pay_nothing(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5)])
        hill = self.setup_other_company(name="Hill Clinic")
        self._receive(50, currency_id=euro.id)
        self._receive(50, journal_id=hill["default_journal_bank"].id)
        self.assertEqual(self._bill().amount_residual, 100)

    def test_nobody_pays_for_a_colleague(self):
        company = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = company
        tx = self._attempt(self.bill, 130, state="done")
        self._book_attempt(tx)
        self.assertEqual(self._bill(patient=self.other_client).amount_residual, 100)
        self.assertEqual(self._bill().amount_residual, 70)

    def test_insurers_say_themselves_what_their_money_is_for(self):
        self.practice.clinic_insurer_settlement = "invoice"
        theirs, mine = self._receive(80, self.insurer), self._receive(80)
        service = self._create_service(self.insurer_rate)
        bill = service._create_invoices(date(2024, 3, 31))
        self.assertEqual(bill.partner_id, self.insurer)
        self.assertEqual(bill.amount_residual, 80)
        self.assertLeft(theirs, 80)
        self.assertLeft(mine, 80)

    def test_a_deposit_pays_its_visit_first_and_no_other(self):
        visit = self._create_event()
        deposit = self._receive(30)
        deposit._clinic_unguarded().clinic_deposit_event_id = visit
        self.assertEqual(self._bill(20).amount_residual, 20)
        held = self._receive(100)
        visit.action_clinic_complete()
        bill = self._invoice(visit.clinic_service_ids)
        self.assertEqual(bill.amount_total, 100)
        self.assertEqual(bill.amount_residual, 0)
        self.assertLeft(deposit, 0)
        self.assertLeft(held, 30)

    def test_what_is_on_its_way_for_an_invoice_is_waited_for(self):
        self._go_online(self.provider)
        self.bill.button_draft()
        self._receive(40)
        self._attempt(self.bill, 100, state="pending")
        self.bill.action_post()
        self.assertEqual(self.bill.amount_residual, 100)

    # === THE WAY IS CLEAR AGAIN === #

    def _await(self, held=40, amount=100):
        """Return the attempt that held money waits for, and the money."""
        self._go_online(self.provider)
        self.bill.button_draft()
        money = self._receive(held)
        tx = self._attempt(self.bill, amount, state="pending")
        self.bill.action_post()
        self.assertLeft(money, held)
        return tx, money

    def test_what_has_failed_is_paid_with_what_is_held(self):
        tx, money = self._await()
        tx._set_error("The bank says no.")
        self.assertEqual(self.bill.amount_residual, 60)
        self.assertLeft(money, 0)
        self.assertIn(money.name, "".join(self.bill.message_ids.mapped("body")))

    def test_what_was_called_off_is_paid_with_what_is_held(self):
        tx, money = self._await()
        tx._set_canceled()
        self.assertEqual(self.bill.amount_residual, 60)
        self.assertLeft(money, 0)

    def test_what_was_less_leaves_the_rest_to_what_is_held(self):
        tx, money = self._await(held=50, amount=70)
        payment = self._book_attempt(tx)
        self.assertEqual(self.bill.amount_residual, 0)
        self.assertLeft(payment, 0)
        self.assertLeft(money, 20)

    def test_what_pays_all_leaves_what_is_held(self):
        tx, money = self._await()
        self._book_attempt(tx)
        self.assertEqual(self.bill.amount_residual, 0)
        self.assertLeft(money, 40)

    def test_it_waits_for_the_last_that_is_on_its_way(self):
        tx, money = self._await()
        other = self._attempt(self.bill, 100, state="pending", reference="another")
        tx._set_error("Not paid.")
        self.assertLeft(money, 40)
        other._set_canceled()
        self.assertLeft(money, 0)
        self.assertEqual(self.bill.amount_residual, 60)

    def test_what_a_bank_has_to_decide_about_waits(self):
        tx, money = self._await()
        moves = type(self.env["account.move"])
        disputed = {
            **self.env["account.move"]._clinic_get_reason_domains(),
            DISPUTED: Domain("id", "in", self.bill.ids),
        }
        self.patch(moves, "_clinic_get_reason_domains", lambda _moves: disputed)
        tx._set_error("Not paid.")
        self.assertLeft(money, 40)

    def test_nobody_is_disturbed_who_is_paying(self):
        tx, money = self._await()
        self._attempt(self.bill, 100, state="draft", reference="another")
        tx._set_error("Not paid.")
        self.assertLeft(money, 40)

    def test_where_held_money_pays_nothing_by_itself_it_does_not_then(self):
        tx, money = self._await()
        self.practice.clinic_use_held_money = False
        tx._set_error("Not paid.")
        self.assertEqual(self.bill.amount_residual, 100)
        self.assertLeft(money, 40)

    def test_what_staff_have_taken_off_is_not_put_back_then(self):
        tx, money = self._await()
        money._clinic_get_receivable_lines()._clinic_leave_to_staff()
        tx._set_error("Not paid.")
        self.assertLeft(money, 40)

    def test_what_goes_back_is_not_replaced(self):
        tx = self._attempt(self.bill, state="done")
        payment = self._book_attempt(tx)
        money = self._receive(40)
        refund = tx._create_child_transaction(100, is_refund=True)
        refund._set_done()
        refund._post_process()
        self.assertTrue(payment.clinic_reversal_ids)
        self.assertEqual(self.bill.amount_residual, 100)
        self.assertLeft(money, 40)

    def test_what_became_of_an_attempt_stands_whatever_held_money_does(self):
        tx, money = self._await()
        with (
            patch.object(
                type(money), "_clinic_pay_with_lines", side_effect=ZeroDivisionError
            ),
            self.assertLogs(HELD_LOG, "ERROR"),
        ):
            tx._set_error("Not paid.")
        self.assertEqual(tx.state, "error")
        self.assertLeft(money, 40)

    def test_a_deposit_that_never_came_is_paid_with_what_is_held(self):
        tx, money = self._await()
        tx.invoice_ids = False
        tx._clinic_unguarded().clinic_deposit_event_id = self._create_event()
        self.bill._clinic_unguarded().clinic_deposit_transaction_ids = tx
        tx._set_error("Not paid.")
        self.assertEqual(self.bill.amount_residual, 60)
        self.assertLeft(money, 0)

    # === WHAT IS LEFT ALONE === #

    def test_invoices_of_other_apps_are_left_alone(self):
        payment = self._receive(40)
        bill = self.init_invoice(
            "out_invoice", partner=self.client, amounts=[40], taxes=[], post=True
        )
        self.assertEqual(bill.amount_residual, 40)
        self.assertLeft(payment, 40)

    def test_posting_goes_on_while_somebody_gives_the_money_back(self):
        payment = self._receive(40)
        with patch.object(
            type(payment), "_clinic_try_lock_for_undo", lambda payments: payments[:0]
        ):
            bill = self._bill()
        self.assertEqual((bill.state, bill.amount_residual), ("posted", 100))
        self.assertLeft(payment, 40)

    # === THE SETTING === #

    def test_while_it_is_off_nothing_is_allocated(self):
        self.practice.clinic_use_held_money = False
        payment = self._receive(40)
        self.assertEqual(self._bill().amount_residual, 100)
        self.assertLeft(payment, 40)

    def test_switching_on_touches_nothing_that_is_held(self):
        self.practice.clinic_use_held_money = False
        before = self._receive(40)
        self.practice.clinic_use_held_money = True
        self.assertLeft(before, 40)
        since = self._receive(30)
        self.assertEqual(self._bill().amount_residual, 70)
        self.assertLeft(before, 40)
        self.assertLeft(since, 0)
        # Saved again, it is not switched on.
        again = self._receive(10)
        self.practice.clinic_use_held_money = True
        self.assertEqual(self._bill(10).amount_residual, 0)
        self.assertLeft(again, 0)

    def test_money_from_before_is_like_other_money_once_it_was_used(self):
        self.practice.clinic_use_held_money = False
        payment = self._receive(100)
        self.practice.clinic_use_held_money = True
        payment._clinic_allocate(self.bill)
        self.assertLeft(payment, 0)
        self.bill._clinic_void("Wrong day", money="keep")
        self.assertEqual(self._invoice(self.service).amount_residual, 0)

    def test_a_branch_does_what_its_practice_does(self):
        self.practice.child_ids = [Command.create({"name": "Branch"})]
        branch = self.practice.child_ids
        self.assertTrue(branch.clinic_use_held_money)
        self.practice.clinic_use_held_money = False
        self.assertFalse(branch.clinic_use_held_money)

    def test_practices_that_have_worked_without_it_keep_working_without_it(self):
        migrate = runpy.run_path(f"{get_module_path('clinic_invoicing')}/{MIGRATION}")
        self.env.flush_all()
        # SQL: as it was before the upgrade.
        self.cr.execute("ALTER TABLE res_company DROP COLUMN clinic_use_held_money")
        for _again in range(2):
            migrate["migrate"](self.cr, "19.0.1.0.0")
        # SQL: Odoo fills no column that is there; empty is off.
        self.cr.execute("SELECT DISTINCT clinic_use_held_money FROM res_company")
        self.assertEqual(self.cr.fetchall(), [(None,)])
        new = self.env["res.company"].default_get(["clinic_use_held_money"])
        self.assertTrue(new["clinic_use_held_money"])

    # === UNDONE BY HAND === #

    def _take_off(self, payment, bill):
        """Press Unreconcile in the payments of an invoice."""
        partial = payment._clinic_get_partials()
        self.assertEqual(partial.debit_move_id.move_id, bill)
        bill.with_user(self.biller).js_remove_outstanding_partial(partial.id)
        self.assertEqual(bill.amount_residual, bill.amount_total)

    def test_what_was_taken_off_is_not_put_back_by_itself(self):
        payment = self._receive(100)
        bill = self._bill()
        self._take_off(payment, bill)
        self._post_again(bill)
        self.assertEqual(bill.amount_residual, 100)
        self.assertEqual(self._bill().amount_residual, 100)
        payment._clinic_allocate(bill)
        self.assertEqual(bill.amount_residual, 0)

    def test_what_was_unmatched_in_the_journal_is_not_put_back_either(self):
        payment = self._receive(100)
        bill = self._bill()
        lines = self.env["account.move.line"].with_user(self.biller)
        chosen = bill.line_ids.filtered("matched_credit_ids")
        lines.with_context(active_ids=chosen.ids).action_unreconcile_match_entries()
        self._post_again(bill)
        self.assertEqual(bill.amount_residual, 100)
        self.assertLeft(payment, 100)

    def test_a_run_that_is_undone_holds_the_money_again(self):
        payment = self._receive(70)
        run = self._create_run(self._create_service())
        run.action_start()
        bill = run.with_env(self.env).invoice_ids
        self.assertEqual(bill.amount_residual, 30)
        run.with_user(self.manager).action_undo()
        self.assertEqual(bill.payment_state, "reversed")
        self.assertLeft(payment, 70)
        self.assertFalse(payment.clinic_reversal_ids)

    # === WHAT IS OVER === #

    def test_a_flip_to_less_puts_the_money_where_the_new_invoice_is(self):
        payment = self._pay(self.bill)
        _notes, again = self.service._flip_rate("Shorter", date(2024, 4, 5))
        self.assertEqual((again.amount_total, again.amount_residual), (90, 0))
        self.assertToldOnce(payment, 10)

    def test_what_is_over_is_told_once(self):
        payment = self._pay(self.bill)
        self.service._flip_rate("Shorter", date(2024, 4, 5))
        payment.activity_ids.action_feedback()
        self._bill(4)
        self.assertLeft(payment, 6)
        self.assertFalse(payment.activity_ids)

    def test_a_flip_to_an_insurer_tells_of_the_money(self):
        self.rate.clinic_counterpart_rate_id = self.insurer_rate.product_tmpl_id
        payment = self._pay(self.bill)
        self.service._flip_rate("Insured", date(2024, 4, 5))
        self.assertToldOnce(payment, 100)

    def test_it_is_told_where_held_money_pays_nothing_by_itself_as_well(self):
        self.practice.clinic_use_held_money = False
        payment = self._pay(self.bill)
        _notes, again = self.service._flip_rate("Shorter", date(2024, 4, 5))
        self.assertEqual(again.amount_residual, 90)
        self.assertToldOnce(payment, 100)

    def test_what_a_smaller_invoice_leaves_of_kept_money_is_told(self):
        payment = self._keep()
        self.assertFalse(payment.activity_ids)
        self.service.price_unit = 60
        self.assertEqual(self._invoice(self.service).amount_residual, 0)
        self.assertToldOnce(payment, 40)

    def test_money_that_was_paid_ahead_is_no_news(self):
        payment = self._receive(150)
        self._bill()
        self.assertLeft(payment, 50)
        self.assertFalse(payment.activity_ids)

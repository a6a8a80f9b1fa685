import contextlib
import time
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..common import Undone
from .common_ledger import HOUR, LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerCheck(LedgerCommon):
    # === THE NORMAL RESULT === #

    def test_nothing_differs_when_all_is_booked(self):
        tx = self._pay_and_settle(self._bill(120))
        self._pay_and_settle(self._bill(80))
        self._refund(tx, 50)
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual((check.charge_count, check.refund_count), (2, 1))
        self.assertEqual(check.other_count, 0)
        self.assertEqual(check.user_id, self.manager)
        self.assertTrue(check.checked_on)

    def test_a_discount_that_is_taken_back_is_nothing_to_stripe(self):
        self.client.property_payment_term_id = self._create_discount_term()
        today = self._get_today()
        invoice = self._invoice(
            self._create_service(price_unit=100), invoice_date=today
        )
        tx = self._pay_and_settle(invoice, amount=98, clinic_discount_day=today)
        invoice._clinic_void("Wrong patient", money="keep")
        self.assertEqual(tx.payment_id.clinic_amount_unallocated, 98)
        self.assertEqual(tx.payment_id.clinic_reversal_ids.amount, 0)
        self.assertDiffers(self._check())

    def test_attempts_and_authorisations_are_no_money(self):
        self._pay_by_card(self._bill(120), card="visa_chargeDeclined")
        self._save_card_only()
        self.assertDiffers(self._check())

    def _save_card_only(self):
        _tx, secret = self._start(operation="validation", amount=0)
        self.browser.confirm(secret)

    def test_currencies_without_and_with_three_decimals_agree(self):
        for name, amount in (("JPY", 500), ("KWD", 5.12), ("ISK", 500)):
            currency = self.env["res.currency"].with_context(active_test=False)
            currency = currency.search([("name", "=", name)])
            currency.active = True
            self._pay_and_settle(amount=amount, currency_id=currency.id)
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual(check.charge_count, 3)

    def test_a_second_look_replaces_the_first(self):
        self._pay_by_card(self._bill(120))
        check = self._check()
        self.assertDiffers(check, "charge_not_booked")
        self._settle_differences(check)
        check.with_user(self.manager).action_run()
        self.assertDiffers(check)

    # === CHARGES === #

    def test_a_payment_that_odoo_missed_is_found_and_settled(self):
        invoice = self._bill(120)
        tx = self._pay_by_card(invoice)
        check = self._check()
        self.assertDiffers(check, "charge_not_booked")
        self.assertRecordValues(
            check.difference_ids,
            [
                {
                    "object_id": tx.provider_reference,
                    "stripe_amount": 120,
                    "odoo_amount": 0,
                    "transaction_id": tx.id,
                    "can_settle": True,
                }
            ],
        )
        self._settle_differences(check)
        self.assertPaidOnce(invoice, tx)
        self.assertDiffers(self._check())

    def test_a_payment_that_odoo_forgot_is_found_and_settled(self):
        invoice = self._bill(120)
        with contextlib.suppress(Undone), self.env.cr.savepoint():
            tx = self._pay_by_card(invoice)
            reference = tx.reference
            raise Undone
        check = self._check()
        self.assertDiffers(check, "charge_not_booked")
        self.assertFalse(check.difference_ids.transaction_id)
        self._settle_differences(check)
        self.assertPaidOnce(invoice)
        self.assertEqual(invoice.transaction_ids.reference, reference)
        self.assertDiffers(self._check())

    def test_a_payment_that_was_taken_out_of_the_books_is_booked_again(self):
        for undo in (self._cancel, self._reset, self._delete, self._lock_and_cancel):
            invoice = self._bill(120)
            tx = self._pay_and_settle(invoice)
            undo(tx.payment_id)
            check = self._check()
            self.assertDiffers(check, "charge_not_booked")
            self._settle_differences(check)
            self.assertDiffers(self._check())
            self.assertEqual(invoice.amount_residual, 0)
            self.assertEqual(invoice._get_reconciled_payments(), tx.payment_id)
            self.assertIn(tx.payment_id.state, ("in_process", "paid"))

    def _reset(self, payment):
        payment._clinic_undoing().action_draft()

    def _cancel(self, payment):
        payment._clinic_undoing().action_draft()
        payment.action_cancel()

    def _delete(self, payment):
        payment._clinic_undoing().action_draft()
        payment.unlink()

    def _lock_and_cancel(self, payment):
        payment.journal_id.restrict_mode_hash_table = True
        payment.move_id.button_hash()
        payment._clinic_annul()

    def test_a_capture_that_was_taken_out_of_the_books_is_booked_again(self):
        invoice = self._bill(120)
        capture = self._authorise(invoice)._capture()
        capture._post_process()
        self._cancel(capture.payment_id)
        self.assertEqual(invoice.amount_residual, 120)
        check = self._check()
        self.assertDiffers(check, "charge_not_booked")
        self._settle_differences(check)
        self.assertDiffers(self._check())
        self.assertEqual(invoice.amount_residual, 0)

    def test_captures_are_compared_with_what_was_captured(self):
        self._authorise(self._bill(120))
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual(check.charge_count, 0)
        tx = self._authorise(self._bill(80))
        tx.action_capture()
        (tx | tx.child_transaction_ids)._post_process()
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual(check.charge_count, 1)

    def test_a_capture_of_a_part_at_stripe_is_settled(self):
        tx = self._authorise(self._bill(120))
        self.control.dashboard_capture(tx.provider_reference, amount=5000)
        check = self._check()
        self.assertDiffers(check, "charge_not_booked")
        self.assertEqual(check.difference_ids.stripe_amount, 50)
        self._settle_differences(check)
        self.assertDiffers(self._check())

    def test_a_payment_of_this_minute_is_under_way(self):
        self.control.unfreeze()
        self.control.freeze(int(time.time()))
        self._pay_by_card(self._bill(120))
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual(check.under_way_count, 1)

    def test_what_is_dated_in_the_future_is_not_under_way(self):
        self.control.unfreeze()
        self.control.freeze(int(time.time()) + HOUR)
        self._pay_by_card(self._bill(120))
        later = fields.Datetime.now() + timedelta(hours=2)
        check = self._check(date_to=later)
        self.assertDiffers(check, "charge_not_booked")
        self.assertEqual(check.under_way_count, 0)

    def test_a_transaction_that_is_done_but_not_booked_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        tx.payment_id._clinic_undoing().action_draft()
        tx.payment_id.action_cancel()
        self.assertEqual(tx.state, "done")
        self.assertDiffers(self._check(), "charge_not_booked")

    def test_a_payment_whose_entry_was_reversed_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        tx.payment_id._clinic_undoing().move_id._reverse_moves(cancel=True)
        self.assertDiffers(self._check(), "charge_not_booked")

    def test_a_payment_that_stripe_does_not_know_differs(self):
        tx = self._create_transaction(self._bill(120), provider_reference="pi_invented")
        tx._set_done()
        tx._post_process()
        check = self._check()
        self.assertDiffers(check, "charge_missing")
        self.assertEqual(check.difference_ids.payment_id, tx.payment_id)
        self.assertFalse(check.difference_ids.can_settle)

    def test_a_payment_recorded_as_if_stripe_had_taken_it_differs(self):
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
        payment = self.env["account.payment"].create(
            {
                "amount": 70,
                "partner_id": self.client.id,
                "journal_id": self.provider.journal_id.id,
                "payment_method_line_id": line.id,
            }
        )
        self.assertDiffers(self._check())
        payment.action_post()
        check = self._check()
        self.assertDiffers(check, "charge_missing")
        self.assertEqual(check.difference_ids.odoo_amount, 70)

    def test_a_payment_of_another_amount_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        payment = tx.payment_id
        payment._clinic_undoing().action_draft()
        payment.amount = 100
        payment.action_post()
        check = self._check()
        self.assertDiffers(check, "charge_amount")
        self.assertEqual(check.difference_ids.stripe_amount, 120)
        self.assertEqual(check.difference_ids.odoo_amount, 100)

    def test_a_payment_in_another_currency_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        payment = tx.payment_id
        payment._clinic_undoing().action_draft()
        euro = self.env.ref("base.EUR")
        euro.active = True
        payment.currency_id = euro
        payment.action_post()
        check = self._check()
        self.assertDiffers(check, "charge_amount")
        self.assertNotEqual(
            check.difference_ids.currency_id, check.difference_ids.odoo_currency_id
        )

    def test_a_payment_that_is_booked_twice_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        tx.payment_id.copy({"payment_transaction_id": tx.id}).action_post()
        self.assertDiffers(self._check(), "charge_twice")

    def test_a_payment_that_is_booked_later_than_its_charge_agrees(self):
        self.control.freeze(int(time.time()) - 30 * 24 * HOUR)
        self._pay_and_settle(self._bill(120))
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual(check.charge_count, 1)

    def test_a_period_leaves_out_what_came_before(self):
        self.control.freeze(int(time.time()) - 30 * 24 * HOUR)
        self._pay_by_card(self._bill(120))
        self.assertDiffers(self._check())
        long_ago = fields.Datetime.now() - timedelta(days=40)
        self.assertDiffers(self._check(date_from=long_ago), "charge_not_booked")

    def test_what_others_have_charged_is_counted_apart(self):
        self._pay_and_settle(self._bill(120))
        for form in ({}, {"description": "ORDER-1"}):
            self._charge_elsewhere(**form)
        check = self._check()
        self.assertDiffers(check)
        self.assertEqual((check.charge_count, check.other_count), (1, 2))

    def _charge_elsewhere(self, **form):
        return self.provider._clinic_stripe_get_gateway().send(
            "POST",
            "payment_intents",
            {
                "amount": 4200,
                "currency": "usd",
                "confirm": "true",
                "payment_method": "pm_card_visa",
                "payment_method_types[]": "card",
                **form,
            },
            api_version="2019-05-16",
        )

    # === REFUNDS === #

    def test_a_refund_made_at_stripe_is_found(self):
        tx = self._pay_and_settle(self._bill(120))
        refund = self.control.dashboard_refund(tx.provider_reference, amount=5000)
        check = self._check()
        self.assertDiffers(check, "refund_not_booked")
        self.assertEqual(check.difference_ids.object_id, refund["id"])
        self.assertEqual(check.difference_ids.stripe_amount, 50)
        self._settle_differences(check)
        self.assertDiffers(self._check())

    def test_a_refund_that_was_taken_out_of_the_books_is_booked_again(self):
        for undo in (self._cancel, self._reset, self._delete):
            invoice = self._bill(120)
            tx = self._pay_and_settle(invoice)
            undo(self._refund(tx, 50).payment_id)
            check = self._check()
            self.assertDiffers(check, "refund_not_booked")
            self._settle_differences(check)
            self.assertDiffers(self._check())
            self.assertEqual(invoice.amount_residual, 50)
            lines = tx.payment_id._clinic_get_receivable_lines()
            self.assertEqual(set(lines.mapped("reconciled")), {True})

    def test_a_refund_that_stripe_does_not_know_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        child = tx._create_child_transaction(
            50, is_refund=True, provider_reference="re_invented"
        )
        child._set_done()
        child._post_process()
        check = self._check()
        self.assertDiffers(check, "refund_missing")
        self.assertEqual(check.difference_ids.odoo_amount, 50)

    def test_a_refund_that_failed_must_not_stand_in_the_books(self):
        tx = self._pay_and_settle(self._bill(120))
        refund = self._refund(tx, 50)
        self.control.fail_refund(refund.provider_reference)
        check = self._check()
        self.assertDiffers(check, "refund_failed")
        self._settle_differences(check)
        self.assertDiffers(self._check())

    def test_a_refund_of_another_amount_differs(self):
        tx = self._pay_and_settle(self._bill(120))
        refund = self._refund(tx, 50)
        refund.payment_id._clinic_undoing().action_draft()
        refund.payment_id.amount = 60
        refund.payment_id.action_post()
        self.assertDiffers(self._check(), "refund_amount")

    def test_a_refund_of_an_older_payment_belongs_to_it(self):
        self.control.freeze(int(time.time()) - 30 * 24 * HOUR)
        tx = self._pay_and_settle(self._bill(120))
        self.control.freeze(int(time.time()) - HOUR)
        self.control.dashboard_refund(tx.provider_reference)
        self.assertDiffers(self._check(), "refund_not_booked")

    # === SEVERAL COMPANIES === #

    def test_companies_that_share_an_account_see_their_own(self):
        other = self._connect(self._open_branch())
        self._pay_by_card(self._bill(120))
        self.assertDiffers(self._check(), "charge_not_booked")
        check = self._check(provider_id=other.id)
        self.assertDiffers(check)
        self.assertEqual(check.other_count, 1)

    def _open_branch(self):
        company = self.env["res.company"].create({"name": "Branch practice"})
        self.manager.company_ids += company
        return company

    # === WHEN STRIPE DOES NOT ANSWER === #

    def test_a_check_that_fails_says_so_and_finds_nothing(self):
        self.control.fault("refuse", path="/v1/charges")
        check = self.env["clinic.stripe.check"].create(
            {"provider_id": self.provider.id}
        )
        check.action_run()
        self.assertEqual(check.state, "failed")
        self.assertIn("connection", check.reason)
        self.assertFalse(check.difference_ids)

    # === THE DAILY JOB === #

    def _run_job(self):
        job = self.env.ref("clinic_stripe_gateway.ir_cron_check_ledger")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            job.sudo().method_direct_trigger()
        self.env.invalidate_all()
        return self.env["clinic.stripe.check"].search(
            [("provider_id", "=", self.provider.id)], limit=1
        )

    def test_a_manager_is_told_of_differences_once(self):
        invoice = self._bill(120)
        tx = self._pay_by_card(invoice)
        self._run_job()
        check = self._run_job()
        activity = self.env["mail.activity"].search(
            [("res_model", "=", "clinic.stripe.check")]
        )
        self.assertEqual(activity.res_id, check.id)
        self.assertTrue(activity.user_id.has_group("clinic_invoicing.group_manager"))
        self._settle(tx)
        self._run_job()
        self.assertFalse(activity.exists())

    def test_the_job_looks_further_back_on_sundays(self):
        model = self.env["clinic.stripe.check"]
        for day, start in (
            ("2026-11-21", "2026-11-14"),
            ("2026-11-22", "2026-07-25"),
            ("2026-11-23", "2026-11-16"),
        ):
            now = fields.Datetime.to_datetime(day)
            self.assertEqual(str(model._get_job_start(now).date()), start)

    # === RIGHTS === #

    def test_only_managers_compare_and_settle(self):
        self._pay_by_card(self._bill(120))
        check = self._check()
        for user in (self.front_desk, self.biller, self.client_user):
            with self.assertRaises(AccessError):
                self.env["clinic.stripe.check"].with_user(user).action_check_now()
            with self.assertRaises(AccessError):
                check.with_user(user).action_run()
            with self.assertRaises(AccessError):
                check.difference_ids.with_user(user).action_settle()
            with self.assertRaises(AccessError):
                check.difference_ids.with_user(user).read(["object_id"])

    def test_managers_see_checks_of_their_companies_only(self):
        foreign = self._connect(self.env["res.company"].create({"name": "Foreign"}))
        check = self.env["clinic.stripe.check"].create({"provider_id": foreign.id})
        model = self.env["clinic.stripe.check"].with_user(self.manager)
        self.assertNotIn(check, model.search([]))
        with self.assertRaises(AccessError):
            check.with_user(self.manager).action_run()

    def test_a_manager_checks_now_without_reading_providers(self):
        self._pay_by_card(self._bill(120))
        model = self.env["clinic.stripe.check"].with_user(self.manager)
        # As the list's button does, with nothing ticked.
        action = call_kw(model, "action_check_now", [[]], {})
        check = model.browse(action["res_id"])
        self.assertEqual(check.provider_id.id, self.provider.id)
        self.assertTrue(check.display_name)
        check.sudo().write(
            {"date_from": "2025-01-01 05:00:00", "date_to": "2025-01-02"}
        )
        # context: the days are told as the manager's clock shows them.
        there = check.with_context(tz="Pacific/Honolulu")
        self.assertIn("2024-12-31 – 2025-01-01", there.display_name)
        check.web_read({"provider_id": {"fields": {"display_name": {}}}})
        self.assertEqual(model.new({}).provider_id.id, self.provider.id)

    # === SPEED === #

    def test_a_page_costs_the_same_queries_whatever_is_on_it(self):
        counts = []
        # The first fills caches that have nothing to do with the objects.
        for number in (1, 2, 6):
            for _each in range(number):
                self._refund(self._pay_and_settle(amount=10), 4)
            check = self.env["clinic.stripe.check"].create(
                {
                    "provider_id": self.provider.id,
                    "date_to": fields.Datetime.now() + timedelta(minutes=1),
                }
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            findings = check._compare()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertFalse(findings.differences)
        self.assertEqual(*counts[1:])

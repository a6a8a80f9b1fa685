from odoo.exceptions import UserError
from odoo.tests import tagged

from ...rules.askers import PAGE, REMINDER
from ..common_online import OnlineCommon
from ..desk.common_desk import KEY, DeskCommon

KEYS = (KEY, "1" * 32, "2" * 32)


@tagged("post_install", "-at_install")
class TestDeposits(DeskCommon, OnlineCommon):
    """What becomes of deposits between the booking of a visit and its payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.clinic_deposit = 30
        cls.visit = cls._create_event(cls.client)
        cls.older_bill = cls._invoice(cls._create_service(price_unit=80))
        cls.env.flush_all()

    # === HELPERS === #

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

    def _pay_bill(self, bill, amount=100):
        return self._take_cash(self._get_due(bill), amount, KEYS[2])

    def _split(self, service, amount):
        """Let the client owe this amount of a service, and the insurer the rest."""
        service.billing = "insurance"
        self.env["clinic.service.share"].create(
            {
                "service_id": service.id,
                "payer_type": "patient",
                "cover_type": "amount",
                "fixed_amount": amount,
            }
        )

    def assertTold(self, payment, amount):
        """A manager is told, once, that so much of the deposit is left."""
        self.assertEqual(payment.clinic_amount_unallocated, amount)
        self.assertEqual(payment.activity_ids.mapped("summary"), ["A deposit is left"])
        self.assertIn(f"{amount}.00", payment.activity_ids.note)

    def _create_group(self):
        """Return a session of the client and of somebody else."""
        event = self._create_event(self.client)
        self._create_service(event_id=event.id, patient=self.other_client)
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
        self.assertFalse(bill._clinic_filter_for(REMINDER))
        asked = bill.search(bill._clinic_get_asked_domain(self.client, PAGE))
        self.assertEqual(asked, self.older_bill)
        with self.assertRaisesRegex(UserError, "on its way"):
            self._pay_bill(bill)
        with self.assertRaisesRegex(UserError, "on its way"):
            bill.with_user(self.biller).button_draft()
        self._book_attempt(tx)
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
        online = self._book_attempt(self._send_deposit())
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
        online = self._book_attempt(self._send_deposit())
        cash = self._take_deposit(20)
        self.assertEqual((online | cash).outstanding_account_id, account)
        bill = self._bill_visit()
        payment = self._pay_bill(bill, 50)
        self.assertEqual(payment.outstanding_account_id, account)
        self.assertFalse(bill.amount_residual)

    # === HOW MUCH === #

    def test_no_deposit_is_taken_for_what_an_insurer_pays_alone(self):
        self.visit.clinic_service_ids.billing = "insurance"
        self.assertFalse(self.visit._clinic_get_deposit_payers())
        self.assertFalse(self.desk._find_deposit(self.visit.id))
        with self.assertRaisesRegex(UserError, "nothing of it"):
            self.visit.with_user(self.front_desk).action_clinic_take_deposit()
        with self.assertRaisesRegex(UserError, "nothing of it"):
            self._reserve_deposit(self.visit, 1)

    def test_deposit_is_no_more_than_the_client_will_owe(self):
        self._split(self.visit.clinic_service_ids, 20)
        self.assertEqual(self.visit._clinic_get_deposit_amount(self.client), 20)
        with self.assertRaisesRegex(UserError, "20.00 more"):
            self._take_deposit(20.01)
        self._take_deposit(15)
        self.assertEqual(self.visit._clinic_get_deposit_amount(self.client), 5)
        with self.assertRaisesRegex(UserError, "5.00 more"):
            self._take_deposit(5.01, key=KEYS[1])
        self._take_deposit(5, key=KEYS[1])

    def test_what_an_invoice_has_taken_leaves_room_for_the_next_service(self):
        self._take_deposit(100)
        self._bill_visit()
        self._create_service(event_id=self.visit.id)
        self.assertEqual(self.visit._clinic_get_deposit_amount(self.client), 30)
        self._take_deposit(100, key=KEYS[1])

    def test_deposit_is_suggested_in_the_currency_of_the_practice(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "name": "2024-01-01",
                "rate": 2,
                "currency_id": euro.id,
                "company_id": self.practice.id,
            }
        )
        abroad = self.env["res.company"].create(
            {"name": "Hill Clinic", "currency_id": euro.id}
        )
        template = self.rate.product_tmpl_id
        self.patch(
            type(template),
            "_compute_currency_id",
            lambda templates: templates.update({"currency_id": abroad.currency_id.id}),
        )
        template.invalidate_recordset(["currency_id"])
        self.assertEqual(template.currency_id, euro)
        self.assertEqual(self.visit._clinic_get_deposit_amount(self.client), 15)

    def test_deposits_of_several_visits_are_taken_off_their_one_invoice(self):
        events = self._create_event(self.client) | self._create_event(self.client)
        for number, event in enumerate(events):
            self._take_deposit(event=event, key=str(number) * 32)
        events.action_clinic_complete()
        bill = self._invoice(events.clinic_service_ids)
        self.assertEqual((len(bill), bill.amount_residual), (1, 140))
        self.assertEqual(events.clinic_deposit_ids.invoice_ids, bill)

    def test_deposits_share_an_invoice_in_the_order_they_were_taken(self):
        first = self._take_deposit(70)
        second = self._take_deposit(30, key=KEYS[1])
        self.visit.clinic_service_ids.price_unit = 80
        bill = self._bill_visit()
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(first.clinic_amount_unallocated, 0)
        self.assertEqual(second.clinic_amount_unallocated, 20)
        self.assertEqual((first | second).invoice_ids, bill)
        for payment in (first, second):
            self.assertIn(bill.name, payment.message_ids[:1].body)

    def test_deposit_pays_nothing_when_those_before_it_have_paid_all(self):
        first = self._take_deposit(70)
        second = self._take_deposit(30, key=KEYS[1])
        self.visit.clinic_service_ids.price_unit = 60
        bill = self._bill_visit()
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(first.clinic_amount_unallocated, 10)
        self.assertEqual(second.clinic_amount_unallocated, 30)
        self.assertFalse(second.invoice_ids)

    def _count_queries_of_using(self, count):
        """Return how many queries it takes to use so many deposits."""
        events = [self._create_event(self.client) for _number in range(count)]
        payments = self.env["account.payment"]
        for number, event in enumerate(events):
            key = f"{count:016x}{number:016x}"
            payments |= self._take_deposit(event=event, key=key)
        events = self.env["calendar.event"].union(*events)
        events.action_clinic_complete()
        # Nobody takes them off yet, nor are they other money that is held.
        self.practice.clinic_use_held_money = False
        payments.sudo().clinic_deposit_event_id = False
        bills = self._invoice(events.clinic_service_ids, grouping="service")
        for payment, event in zip(payments, events, strict=True):
            payment.sudo().clinic_deposit_event_id = event
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        payments.sudo()._clinic_use_deposits(bills.sudo())
        self.env.flush_all()
        after = self.cr.sql_log_count
        self.assertEqual(set(bills.mapped("amount_residual")), {70})
        return after - before

    def test_many_deposits_are_used_at_once(self):
        self._count_queries_of_using(1)
        few, many = (self._count_queries_of_using(count) for count in (2, 8))
        # Linking a payment to its invoices is what Odoo does one by one.
        self.assertLessEqual(many - few, 6 * 9)

    # === WHAT IS LEFT === #

    def test_manager_is_told_of_a_deposit_that_exceeds_the_invoice(self):
        payment = self._take_deposit(100)
        self.visit.clinic_service_ids.price_unit = 70
        self._bill_visit()
        self.assertTold(payment, 30)
        self.visit.clinic_deposit_ids._clinic_tell_of_left_deposits()
        self.assertEqual(len(payment.activity_ids), 1)

    def test_nobody_is_told_while_something_is_still_to_be_invoiced(self):
        payment = self._take_deposit(100)
        self.visit.clinic_service_ids.price_unit = 70
        rest = self._create_service(event_id=self.visit.id)
        self.visit.action_clinic_complete()
        self._invoice(self.visit.clinic_service_ids - rest)
        self.assertEqual(payment.clinic_amount_unallocated, 30)
        self.assertFalse(payment.activity_ids)
        self.assertEqual(self._invoice(rest).amount_residual, 70)
        self.assertFalse(payment.activity_ids)

    def test_manager_is_told_when_somebody_else_pays(self):
        payment = self._take_deposit()
        self.assertIn("30.00", self.visit.clinic_deposit_label)
        self.visit.clinic_service_ids.bill_to_id = self.other_client
        self.assertFalse(self.visit.clinic_deposit_label)
        self._bill_visit()
        self.assertTold(payment, 30)

    def test_manager_is_told_of_money_for_a_visit_that_was_closed(self):
        tx = self._send_deposit()
        self.visit.with_user(self.front_desk)._clinic_close("no_show", self.client)
        self.assertTold(self._book_attempt(tx), 30)

    def test_manager_is_told_of_money_for_a_visit_that_was_deleted(self):
        tx = self._send_deposit(clinic_desk_key=KEYS[1])
        self.visit.unlink()
        payment = self._book_attempt(tx)
        self.assertEqual(
            payment.activity_ids.mapped("summary"), ["A payment is not allocated"]
        )

    def test_manager_is_told_of_money_for_an_invoice_that_is_paid(self):
        tx = self._send_deposit("draft")
        bill = self._bill_visit()
        self._pay_bill(bill)
        self.assertTold(self._book_attempt(tx), 30)

    def test_deposit_that_came_for_a_draft_is_taken_off_when_it_is_posted(self):
        self.provider.code = "none"
        tx = self._send_deposit("pending")
        bill = self._bill_visit()
        bill.button_draft()
        payment = self._book_attempt(tx)
        self.assertTold(payment, 30)
        bill.action_post()
        self.assertEqual(bill.amount_residual, 70)
        self.assertFalse(payment.clinic_amount_unallocated)

    def _tell_of_a_deposit_and_post_again(self, price=100):
        """Return a deposit that managers were told of; its invoice takes it then."""
        self.provider.code = "none"
        tx = self._send_deposit("pending")
        self.visit.clinic_service_ids.price_unit = price
        bill = self._bill_visit()
        bill.button_draft()
        payment = self._book_attempt(tx)
        self.assertTold(payment, 30)
        bill.action_post()
        return payment

    def test_nothing_is_asked_of_the_manager_when_the_invoice_takes_all_after_all(self):
        payment = self._tell_of_a_deposit_and_post_again()
        self.assertFalse(payment.clinic_amount_unallocated)
        self.assertFalse(payment.activity_ids)

    def test_manager_is_asked_still_when_the_invoice_takes_a_part(self):
        payment = self._tell_of_a_deposit_and_post_again(price=20)
        self.assertEqual(payment.clinic_amount_unallocated, 10)
        self.assertEqual(payment.activity_ids.mapped("summary"), ["A deposit is left"])

    def test_manager_who_uses_or_refunds_what_is_left_has_done_it(self):
        events = [self._create_event(self.client) for _number in range(4)]
        payments = [
            self._take_deposit(event=event, key=str(number) * 32)
            for number, event in enumerate(events)
        ]
        for event, payment in zip(events, payments, strict=True):
            event.unlink()
            self.assertTold(payment, 30)
        other = payments[0].activity_schedule(
            summary="Call the client", user_id=self.manager.id
        )
        allocated, by_hand, refunded, called_off = payments
        self.env["res.lang"]._activate_lang("fr_FR")
        in_french = allocated.with_user(self.manager).with_context(lang="fr_FR")
        in_french.action_clinic_allocate()
        line = by_hand._clinic_get_receivable_lines()
        self.older_bill.js_assign_outstanding_line(line.id)
        refunded.with_user(self.manager)._clinic_undo("refund", 30, "Not needed")
        called_off.with_user(self.manager)._clinic_undo("never_charged", 30, "Mistake")
        self.assertEqual(allocated.activity_ids, other)
        for payment in (by_hand, refunded, called_off):
            self.assertFalse(payment.activity_ids)

    def test_manager_is_told_of_who_was_absent_from_a_group(self):
        event = self._create_group()
        payments = [
            self._take_deposit(event=event, payer=payer, key=key)
            for payer, key in zip((self.client, self.other_client), KEYS, strict=False)
        ]
        event.with_user(self.front_desk)._clinic_close("no_show", self.other_client)
        self.assertFalse(payments[0].activity_ids)
        self.assertTold(payments[1], 30)
        self.assertEqual(event.clinic_deposit_label.count("30.00"), 1)

    def test_manager_is_told_when_the_visit_is_archived_or_deleted(self):
        for method in ("action_archive", "unlink"):
            event = self._create_event(self.client)
            payment = self._take_deposit(event=event, key=KEYS[method == "unlink"])
            getattr(event, method)()
            self.assertTold(payment, 30)

    def test_no_context_of_a_request_keeps_the_manager_from_being_told(self):
        for number, flag in enumerate(
            ("archive_on_error", "mail_activity_automation_skip")
        ):
            event = self._create_event(self.client)
            payment = self._take_deposit(event=event, key=KEYS[number])
            # Context: as a client may send it.
            event.with_user(self.front_desk).with_context(**{flag: True}).unlink()
            self.assertTold(payment, 30)

    def test_manager_is_told_when_a_series_becomes_shorter(self):
        series = self._create_coming_series()
        kept = self._take_deposit(event=series[1])
        lost = self._take_deposit(event=series[2], key=KEYS[1])
        self._rewrite_series(series, count=2)
        self.assertFalse(kept.activity_ids)
        self.assertTold(lost, 30)

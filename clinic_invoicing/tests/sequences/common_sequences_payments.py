from odoo.fields import Command

from ...rules.askers import DIALOG
from .common_sequences import LEAST, PracticeCommon


class PaymentSteps(PracticeCommon):
    """How money comes, by which way, and goes back."""

    # === CASH === #

    def _do_pay_in_part(self, number, how, amount):
        bill = self._choose_unpaid(number)
        return bool(bill) and self._pay_today(
            bill, bill.amount_residual * (1 + how) / 8
        )

    def _do_pay_nearly(self, number, how, amount):
        """Leave less than a provider charges."""
        bill = self._choose_unpaid(number)
        left = (1 + amount % LEAST) * bill.currency_id.rounding
        return bool(bill) and self._pay_today(bill, bill.amount_residual - left)

    def _pay_today(self, bill, part):
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        )
        wizard = register.create({"payment_date": self.today, "group_payment": True})
        wizard.amount = bill.currency_id.round(part)
        payment = wizard._create_payments()
        person = self._get_person(bill)
        if not bill.clinic_has_services:
            # Cash for what is not the practice's is the employer's, as in Core.
            person = person.commercial_partner_id
        self._keep_payment(payment, person)
        return True

    def _do_receive(self, number, how, amount):
        """Take money of who was billed: nobody has said what it is for."""
        bill = self._choose_bill(number, is_open=False)
        if not bill:
            return False
        currency = bill.currency_id
        person = self._get_person(bill)
        payment = self.env["account.payment"].create(
            {
                "partner_id": person.id,
                "company_id": (self.branch if amount % 4 == 0 else self.practice).id,
                "amount": currency.round(amount * currency.rounding),
                "currency_id": currency.id,
                "payment_type": "inbound",
            }
        )
        payment.action_post()
        self._keep_payment(payment, person)
        return True

    def _do_take_deposit(self, number, how, amount):
        """Take money for a visit: it stays with that."""
        bill = self._choose_bill(number, is_open=False)
        if not bill:
            return False
        person = self._get_person(bill)
        event = self._create_event(patient=person, rates=self.rate)
        # sudo: nobody says by hand which visit a payment is for.
        payments = self.env["account.payment"].sudo()
        payment = payments.create(
            {
                "partner_id": person.id,
                "amount": amount / 100,
                "payment_type": "inbound",
                "clinic_deposit_event_id": event.id,
            }
        )
        payment.action_post()
        self._keep_payment(payment, person)
        return True

    def _do_allocate(self, number, how, amount):
        """Let held money pay what is open now."""
        held = self.payments.filtered(lambda one: one.clinic_amount_unallocated > 0)
        payment = self._choose(held, number)
        if not payment:
            return False
        payment.with_user(self.manager).action_clinic_allocate()
        return True

    def _do_use_held_money(self, number, how, amount):
        """Let held money pay new invoices no more, or from now on again."""
        self.practice.clinic_use_held_money = not self.practice.clinic_use_held_money
        return True

    def _do_give_back(self, number, how, amount):
        """Give a part of a payment back."""
        payments = self.payments.filtered(lambda one: one._clinic_get_returnable() > 0)
        payment = self._choose(payments, number)
        if not payment:
            return False
        part = payment._clinic_get_returnable() * (1 + how) / 8
        payment.with_user(self.manager)._clinic_undo(
            "already_refunded", payment.currency_id.round(part), "Test"
        )
        return True

    # === ONLINE === #

    def _do_switch_currency(self, number, how, amount):
        """Let no provider take a currency any more, or take it again."""
        providers = self.env["payment.provider"].search(
            [("company_id", "in", (self.practice | self.branch).ids)]
        )
        taken = self.env["res.currency"].browse()
        if not providers.available_currency_ids:
            refused = self.currencies[number % len(self.currencies)]
            taken = taken.union(*self.currencies) - refused
        providers.available_currency_ids = [Command.set(taken.ids)]
        return True

    def _do_start_online(self, number, how, amount):
        """Let money be on its way."""
        bill = self._choose_unpaid(number)
        if not bill:
            return False
        part = bill.currency_id.round(bill.amount_residual * (1 + how) / 8)
        self._attempt_by_person(bill, part)._set_pending()
        return True

    def _do_end_online(self, number, how, amount):
        """Let money arrive that was on its way, or not."""
        pending = self.env["payment.transaction"].search(
            [("state", "=", "pending"), ("invoice_ids", "in", list(self.whose))]
        )
        if not pending:
            return False
        tx = pending[number % len(pending)]
        if how % 2:
            tx._set_canceled()
        else:
            self._keep_online(tx)
        return True

    def _do_pay_online(self, number, how, amount):
        """Pay several invoices at once, as the page says before."""
        bill = self._choose_unpaid(number)
        if not bill:
            return False
        together = self._get_payable_with(bill)
        most = together._clinic_sum_offered(DIALOG) if together else 0
        part = bill.currency_id.round(most * (1 + how) / 8)
        if not part:
            return False
        together._clinic_check_payable(part, bill.currency_id)
        before = self.oracle.read_open_by_move()
        preview = dict(together._clinic_get_allocation(part))
        payment = self._keep_online(self._attempt_by_person(together, part))
        self.env.flush_all()
        # Held money may have paid the rest since.
        paid = self.oracle.read_paid_by(payment.move_id.id)
        self._compare_with_preview(together, preview, before, paid)
        return True

    def _get_payable_with(self, bill):
        """Return what the same person can pay online together with this."""
        bills = self.env["account.move"].union(*self.bills)
        return bills.filtered(
            lambda move: (
                move._clinic_is_unpaid()
                and self.whose[move.id] == self.whose[bill.id]
                and (move.company_id, move.currency_id)
                == (bill.company_id, bill.currency_id)
                and not move._clinic_get_payment_obstacle()
            )
        )

    def _compare_with_preview(self, bills, preview, before, paid):
        """Booked is what was shown.

        :param dict before: what was open of each
        :param dict paid: what this payment has paid of each
        """
        self.assertLessEqual(paid.keys(), set(bills.ids), "paid, and not chosen")
        for move in bills:
            booked = paid.get(move.id, 0.0)
            said = preview.get(move, 0.0)
            if booked and round(before[move.id] - booked, 3) <= 0:
                # What closes it in time is less than was open: its discount.
                self.assertLessEqual(said, round(booked, 3))
                continue
            self.assertAlmostEqual(said, booked, 3, f"{move.name}: preview and booking")

    def _attempt_by_person(self, bills, part):
        person = self._get_person(bills[:1])
        return self._create_transaction(
            "direct",
            reference=f"play {self.env['payment.transaction'].search_count([])}",
            amount=part,
            currency_id=bills.currency_id.id,
            partner_id=person.id,
            invoice_ids=[Command.set(bills.ids)],
        )

    def _keep_online(self, tx):
        person = self._get_person(tx.invoice_ids[:1])
        payment = self._book_attempt(tx)
        self._keep_payment(payment, person)
        return payment

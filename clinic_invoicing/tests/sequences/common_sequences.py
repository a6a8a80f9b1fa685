from collections import Counter
from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..common_online import OnlineCommon

CURRENCIES = (("JPY", 1, 150), ("OMR", 0.001, 0.4))


class PracticeCommon(OnlineCommon):
    """A practice with a branch, people of every kind, and what happens to their money.

    Each step is a method ``_do_…`` of three numbers: who or what it is about, how, and
    how much. It returns whether something has happened.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.taxes_id = cls._create_tax(13)
        cls.practice.tax_calculation_rounding_method = "round_globally"
        cls.day = cls.practice._clinic_get_day()
        cls._create_branch()
        cls._create_persons()
        cls._create_ways_to_ask()
        cls.env.flush_all()

    @classmethod
    def _create_branch(cls):
        # Core's provider for tests takes three currencies.
        cls.provider.available_currency_ids = [Command.clear()]
        cls.branch = cls.env["res.company"].create(
            {"name": "Harbour Branch", "parent_id": cls.practice.id}
        )
        cls.env.user.company_ids = [Command.link(cls.branch.id)]
        cls.env.user.company_id = cls.practice
        cls.provider.copy({"company_id": cls.branch.id}).write(
            {"state": "test", "is_published": True}
        )

    @classmethod
    def _create_persons(cls):
        """Clients, one of them an employee, another with an address for invoices."""
        cls.employer = cls.env["res.partner"].create(
            {"name": "Mill Works", "is_company": True, "email": "mill@example.com"}
        )
        cls.other_client.write(
            {"parent_id": cls.employer.id, "email": "otto@example.com"}
        )
        cls.home = cls.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": cls.client.id}
        )
        # The address to which an invoice is sent, and the person who owes it.
        cls.billed = (
            (cls.client, cls.client),
            (cls.other_client, cls.other_client),
            (cls.employer, cls.employer),
            (cls.home, cls.client),
        )
        cls.persons = cls.client | cls.other_client | cls.employer

    @classmethod
    def _create_ways_to_ask(cls):
        lowered = cls._create_discount_term()
        lowered.early_pay_discount_computation = "mixed"
        cls.terms = (
            cls.env["account.payment.term"],
            cls._create_term((30, 0), (70, 60)),
            cls._create_term((100, 30)),
            cls._create_discount_term(),
            lowered,
        )
        cls.currencies = [cls.practice.currency_id]
        for name, rounding, rate in CURRENCIES:
            currency = cls.setup_other_currency(name, rates=[("2020-01-01", rate)])
            currency.rounding = rounding
            cls.currencies.append(currency)

    def setUp(self):
        super().setUp()
        # What waits for a person to confirm it is not on its way.
        self._go_online(self.provider)
        self.whose, self.done, self.bills = {}, Counter(), []

    # === PLAYING === #

    def _play(self, sequence, check):
        """Do these steps, and check after each that has changed something."""
        self.whose, self.bills = {}, []
        self.services = self.env["clinic.service"]
        for name, *numbers in sequence:
            try:
                with self.env.cr.savepoint():
                    is_done = getattr(self, f"_do_{name}")(*numbers)
                    self.env.flush_all()
            except (UserError, ValidationError):
                # Refused, with nothing changed.
                self.env.invalidate_all()
                continue
            if is_done:
                self.done[name] += 1
                check(sequence)

    def _choose_bill(self, number, is_open=True):
        bills = self.env["account.move"].union(*self.bills)
        if is_open:
            bills = bills.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.payment_state in ("not_paid", "partial", "blocked")
                )
            )
        return bills[number % len(bills)] if bills else bills

    def _keep(self, moves, person):
        for move in moves:
            self.whose[move.id] = person.id
        if moves[:1].move_type == "out_invoice":
            self.bills += list(moves)

    # === STEPS === #

    def _do_bill(self, who, how, amount):
        """Invoice services: of the practice or its branch, by any term."""
        address, person = self.billed[who % len(self.billed)]
        company = self.branch if how % 5 == 4 else self.practice
        services = self.env["clinic.service"]
        for part in range(1 + how % 3):
            services |= self._create_service(
                bill_to_id=address.id,
                company_id=company.id,
                price_unit=(amount + 17 * part) / 100,
            )
        term = self.terms[how % len(self.terms)]
        # Discounts last a week: half of those with one are younger.
        age = amount % (15 if term.early_discount else 50)
        moves = services._create_invoices(
            self.day - timedelta(days=age), invoice_payment_term_id=term.id
        )
        self.services |= services
        self._keep(moves, person)
        return True

    def _do_bill_abroad(self, who, how, amount):
        """Invoice in a currency with no digits, or with three."""
        address, person = self.billed[who % len(self.billed)]
        currency = self.currencies[1 + how % 2]
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": address.id,
                "currency_id": currency.id,
                "invoice_date": self.day - timedelta(days=how),
                "invoice_payment_term_id": self.terms[how % 3].id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Abroad",
                            "price_unit": currency.round(amount * currency.rounding),
                            "tax_ids": [],
                        }
                    )
                ],
            }
        )
        move.action_post()
        self._keep(move, person)
        return True

    def _do_pay_in_part(self, number, how, amount):
        bill = self._choose_bill(number)
        if not bill or bill.payment_state == "blocked":
            return False
        part = bill.currency_id.round(bill.amount_residual * (1 + how) / 8)
        payment = self._pay(bill, part)
        person = self._get_person(bill)
        if not bill.clinic_has_services:
            # Cash for what is not the practice's is the employer's, as in Core.
            person = person.commercial_partner_id
        self._keep(payment.move_id, person)
        return True

    def _get_person(self, bill):
        return self.env["res.partner"].browse(self.whose[bill.id])

    def _do_receive(self, who, how, amount):
        """Take money that nobody has said what it is for."""
        person = self.persons[who % len(self.persons)]
        currency = self.currencies[how % len(self.currencies)]
        payment = self.env["account.payment"].create(
            {
                "partner_id": person.id,
                "amount": currency.round(amount * currency.rounding),
                "currency_id": currency.id,
                "payment_type": "inbound",
            }
        )
        payment.action_post()
        self._keep(payment.move_id, person)
        return True

    def _do_take_deposit(self, who, how, amount):
        """Take money for a visit: it stays with that."""
        person = self.persons[who % len(self.persons)]
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
        self._keep(payment.move_id, person)
        return True

    def _do_credit(self, number, how, amount):
        """Credit a whole invoice, or a part of it; what was paid is open credit."""
        bill = self._choose_bill(number, is_open=False)
        if not bill or bill.reversal_move_ids or bill.payment_state == "blocked":
            return False
        share = bill.invoice_line_ids.clinic_share_id[:1]
        if how % 2 and share and share.amount_invoiced > 0:
            part = share.currency_id.round(share.amount_invoiced / 3)
            share._credit({share: part}, "Test")
        else:
            self._credit(bill)
        return True

    def _do_void(self, number, how, amount):
        bill = self._choose_bill(number, is_open=False)
        if not bill or bill.reversal_move_ids or not bill.clinic_has_services:
            return False
        bill.with_user(self.manager)._clinic_void("Test", money="keep")
        return True

    def _do_bill_again(self, number, how, amount):
        """Invoice what was credited."""
        ready = self.services.filtered(lambda one: one.state == "to_invoice")
        service = ready[number % len(ready)] if ready else ready
        if not service:
            return False
        moves = service._create_invoices(self.day - timedelta(days=how))
        self._keep(moves, service.bill_to_id._clinic_get_addressee())
        return True

    def _do_put_on_hold(self, number, how, amount):
        bill = self._choose_bill(number)
        if not bill:
            return False
        bill.action_toggle_block_payment()
        return True

    def _do_start_online(self, number, how, amount):
        """Let money be on its way."""
        bill = self._choose_bill(number)
        if not bill or bill.payment_state == "blocked":
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
        bill = self._choose_bill(number)
        if not bill:
            return False
        bills = self.env["account.move"].union(*self.bills)
        together = bills.filtered(
            lambda move: (
                move._clinic_is_unpaid()
                and self.whose[move.id] == self.whose[bill.id]
                and (move.company_id, move.currency_id)
                == (bill.company_id, bill.currency_id)
                and not move._clinic_get_payment_obstacle()
            )
        )
        most = together._clinic_sum_offered(self.asker) if together else 0
        part = bill.currency_id.round(most * (1 + how) / 8)
        if not part:
            return False
        together._clinic_check_payable(part, bill.currency_id)
        before = self._read_open()
        preview = dict(together._clinic_get_allocation(part))
        self._keep_online(self._attempt_by_person(together, part))
        self.env.flush_all()
        after = self._read_open()
        for move in together:
            paid = before[move.id] - after[move.id]
            said = preview.get(move, 0.0)
            if not after[move.id]:
                # What closes it in time is less than was open: its discount.
                self.assertLessEqual(said, round(paid, 3))
                continue
            self.assertAlmostEqual(said, paid, 3, f"{move.name}: preview and booking")
        return True

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
        self._keep(payment.move_id, person)

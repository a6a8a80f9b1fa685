from collections import Counter
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ...rules.limits import Limits
from ..common_online import OnlineCommon
from .ledger_oracle import LedgerOracle

CURRENCIES = (("JPY", 1, 150), ("OMR", 0.001, 0.4))
# What providers charge at least, in the smallest unit of any currency.
LEAST = 50
UNPAID = ("not_paid", "partial")
# In New York, where the practice is.
NOON = time(17)
# Jobs: nobody reads what they are refused.
NEVER_REFUSED = ("let_days_pass",)


class PracticeCommon(OnlineCommon):
    """A practice with a branch, people of every kind, and a calendar of its own.

    Each step is a method ``_do_…`` of three numbers: who or what it is about, how, and
    how much. It returns whether something has happened.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.taxes_id = cls._create_tax(13)
        cls.practice.tax_calculation_rounding_method = "round_globally"
        cls.first_day = cls.practice._clinic_get_day()
        cls._create_counterparts()
        cls._create_branch()
        cls._create_persons()
        cls._create_ways_to_ask()
        cls.oracle = cls._create_oracle()
        cls.env.flush_all()

    @classmethod
    def _create_oracle(cls):
        return LedgerOracle(cls.env.cr, cls.first_day, LEAST)

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
        (cls.practice | cls.branch).write(
            {"clinic_autopay": True, "clinic_insurer_settlement": "invoice"}
        )
        cls.practice.clinic_use_held_money = True

    @classmethod
    def _create_counterparts(cls):
        """Two pairs of rates: with the insurer's, and with a shorter session's."""
        cls.rate.clinic_counterpart_rate_id = cls.insurer_rate.product_tmpl_id
        cls.long_rate = cls._create_rate("Long session", 100)
        cls.short_rate = cls._create_rate("Short session", 90)
        # Said, as they would have the default one of Core's tests.
        (cls.long_rate | cls.short_rate).taxes_id = cls._create_tax(0)
        cls.long_rate.clinic_counterpart_rate_id = cls.short_rate.product_tmpl_id

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
        cls.persons = cls.client | cls.other_client | cls.employer | cls.insurer
        cls.users = {
            cls.client: cls.client_user,
            cls.other_client: cls.other_client_user,
        }
        cls.cards = {
            person: cls._create_token(cls, partner_id=person.id) for person in cls.users
        }

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
        self._let_all_be_one_transaction()
        providers = type(self.env["payment.provider"])
        self.patch(providers, "_clinic_get_limits", lambda *_args: Limits(least=LEAST))
        self.addCleanup(self._forget_providers)
        self.done = Counter()

    def _let_all_be_one_transaction(self):
        """Let jobs commit nothing, and a card pay as the step says."""
        crons = type(self.env["ir.cron"])
        self.patch(crons, "_commit_progress", lambda *_args, **_more: float("inf"))
        transactions = type(self.env["payment.transaction"])
        self.patch(transactions, "_send_payment_request", lambda tx: self._answer(tx))

    def _answer(self, tx):
        """Do what a provider's addon would."""
        answer = "error" if self.is_declined else "done"
        tx._update_state(("draft", "pending"), answer, "Insufficient funds.")

    def _forget_providers(self):
        """Forget who charges what: it is remembered beyond a transaction."""
        self.env.registry.clear_cache("stable")

    def _begin(self):
        """Let everything be as it was on the first day."""
        self.is_declined = False
        self.whose, self.bills = {}, []
        self.services = self.env["clinic.service"]
        self.payments = self.env["account.payment"]
        self._be_on(self.first_day)

    # === THE CALENDAR === #

    def _be_on(self, day):
        self.today = self.oracle.day = day
        self.clock.move_to(datetime.combine(day, NOON))

    # === PLAYING === #

    def _play(self, sequence):
        """Do these steps, and check after each that has changed something.

        :raise AssertionError: telling the steps until then, as they are kept
        """
        played = []
        # Not around Hypothesis, which measures its own time.
        with freeze_time(datetime.combine(self.first_day, NOON)) as self.clock:
            self._begin()
            try:
                for name, *numbers in sequence:
                    played.append((name, *numbers))
                    if self._do(name, *numbers):
                        self.done[name] += 1
                        self._check()
                self._check(everybody=True)
            except AssertionError as error:
                raise AssertionError(f"{error}\nAfter {played}") from error

    def _do(self, name, *numbers):
        """Do a step; return whether it has changed anything."""
        known = dict(self.whose), list(self.bills), self.services, self.payments
        try:
            with self.env.cr.savepoint():
                is_done = getattr(self, f"_do_{name}")(*numbers)
                self.env.flush_all()
        except (UserError, ValidationError):
            if name in NEVER_REFUSED:
                raise
            # Refused, with nothing changed.
            self.whose, self.bills, self.services, self.payments = known
            self.env.invalidate_all()
            return False
        return is_done

    def _play_and_forget(self, sequence):
        with self._undone():
            self._play(sequence)

    @contextmanager
    def _undone(self):
        try:
            with self.env.cr.savepoint() as savepoint:
                yield
                savepoint.rollback()
        finally:
            self.env.invalidate_all()
            self._forget_providers()

    def _check(self, everybody=False):
        """Compare everybody's answer with the books; who plays says how."""
        raise NotImplementedError

    # === WHAT IS THERE === #

    def _choose(self, records, number):
        return records[number % len(records)] if records else records

    def _choose_bill(self, number, is_open=True):
        bills = self.env["account.move"].union(*self.bills)
        if is_open:
            bills = bills.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.payment_state in (*UNPAID, "blocked")
                )
            )
        return self._choose(bills, number)

    def _choose_unpaid(self, number):
        bill = self._choose_bill(number)
        return bill.filtered(lambda move: move.payment_state in UNPAID)

    def _keep(self, moves, person):
        """Remember whose these are: an insurer's, or the person's that was billed."""
        for move in moves:
            is_insurers = move.partner_id == self.insurer
            self.whose[move.id] = (self.insurer if is_insurers else person).id
        if moves[:1].move_type == "out_invoice":
            self.bills += list(moves)

    def _keep_payment(self, payment, person):
        self.payments |= payment
        self._keep(payment.move_id, person)

    def _get_person(self, bill):
        return self.env["res.partner"].browse(self.whose[bill.id])

    def _get_days_ago(self, days):
        return self.today - timedelta(days=days)

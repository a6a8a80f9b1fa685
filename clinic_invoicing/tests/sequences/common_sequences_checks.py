from collections import Counter

from ...rules.askers import AUTOPAY, DESK, DIALOG, LINK, PAGE, REMINDER, Answer
from .common_sequences import PracticeCommon
from .ledger_oracle import LedgerOracle

# Nobody asks for what is in one of these states.
BARRED = ("on_hold", "clearing")
# Who asks for a sum of several invoices at once.
BY_SUM = (DIALOG, LINK, DESK)


class AskedChecks(PracticeCommon):
    """What everybody is asked for, beside what the ledger says."""

    asker = DIALOG

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cells = Counter()
        cls.oracle = LedgerOracle(cls.env.cr, cls.day)

    def _read_open(self):
        return self.oracle.read_open_by_move()

    def _check(self, sequence):
        # What is open is a view: each request reads it anew.
        self.env["clinic.open.item"].invalidate_model()
        accounts = self.oracle.get_accounts(self.whose)
        for key, account in accounts.items():
            with self.subTest(sequence=sequence, account=key):
                self._check_account(account, *self._browse(*key))
        self._check_number(accounts, sequence)
        self._check_services(sequence)

    def _check_number(self, accounts, sequence):
        """The red number is there for who is to pay something now, and only then."""
        for person in self.persons:
            is_asked = any(
                account.sum_closing(BARRED, self.oracle.day) > max(0, account.held)
                for (owner, _practice, _currency), account in accounts.items()
                if owner == person.id
            )
            number = self.env["account.move"]._clinic_count_asked(person)
            with self.subTest(sequence=sequence, number=person.name):
                self.assertEqual(bool(number), is_asked, "the red number")

    def _browse(self, person, practice, currency):
        return (
            self.env["res.partner"].browse(person),
            self.env["res.company"].browse(practice),
            self.env["res.currency"].browse(currency),
        )

    def _check_account(self, account, person, practice, currency):
        """Everybody asks this person for what is due and free, less what is held."""
        key = person, practice, currency
        due = account.sum_closing(BARRED, self.oracle.day)
        wanted = max(0, due - account.held)
        offered = max(0, account.sum_closing(BARRED) - account.held)
        own = {item.move for item in account.debts}
        asked = self._get_asked(account, *key)
        self.assertEqual(asked, {name: wanted for name in asked}, account)
        offers = self._get_offered(account, *key)
        self.assertEqual(offers, {name: offered for name in offers}, account)
        self.assertLessEqual(wanted, max(0, account.owed - account.held))
        self._check_nobody_elses(own, *key)
        self._check_days(account)
        self._check_ledger(account, *key)
        self._count(account, [*asked, "statement", "money_owed"])

    # === WHAT IS ASKED === #

    def _to_units(self, account, amount):
        return round(amount / account.unit)

    def _get_bills(self, domain, person, practice, currency):
        moves = self.env["account.move"].search(domain)
        return moves.filtered(
            lambda move: (
                move.company_id.root_id == practice and move.currency_id == currency
            )
        )

    def _get_asked(self, account, person, practice, currency):
        """Return how much each asker asks for, in the smallest unit."""
        moves = self.env["account.move"]
        asked = {}
        asked[PAGE.name] = sum(
            self._to_units(account, one.amount)
            for one in moves._clinic_get_asked(person)
            if (one.company.root_id, one.currency) == (practice, currency)
        )
        for asker in BY_SUM:
            asked[asker.name] = self._sum(
                account, asker, Answer.ASKS, person, practice, currency
            )
        asked[REMINDER.name] = self._sum_reminded(account, person, practice, currency)
        asked[AUTOPAY.name] = self._sum(
            account, AUTOPAY, Answer.ASKS, person, practice, currency
        )
        return asked

    def _get_offered(self, account, person, practice, currency):
        return {
            asker.name: self._sum(
                account, asker, Answer.OFFERS, person, practice, currency
            )
            for asker in BY_SUM
        }

    def _sum(self, account, asker, least, person, practice, currency):
        domain = self.env["account.move"]._clinic_get_asked_domain(person, asker)
        bills = self._get_bills(domain, person, practice, currency)
        return sum(
            self._to_units(account, own._clinic_sum_claims(asker, least))
            for own in bills.grouped("company_id").values()
        )

    def _sum_reminded(self, account, person, practice, currency):
        domain = self.env["account.move"]._clinic_get_asked_domain(person, REMINDER)
        bills = self._get_bills(domain, person, practice, currency)
        claims = bills._clinic_get_claims(REMINDER)
        return sum(
            self._to_units(account, claim.amount)
            for claim in claims
            if claim.answer == Answer.ASKS
        )

    def _check_nobody_elses(self, own, person, practice, currency):
        """Nobody is asked for, or reads, another person's debt."""
        moves = self.env["account.move"]
        for asker in (PAGE, DIALOG, REMINDER, AUTOPAY):
            domain = moves._clinic_get_asked_domain(person, asker)
            found = self._get_bills(domain, person, practice, currency)
            self.assertLessEqual(set(found.ids), own, f"{asker.name}: whose")

    def _check_days(self, account):
        """Nothing is charged before its day."""
        moves = self.env["account.move"].browse(item.move for item in account.debts)
        late = {item.id for item in account.debts if item.due > self.oracle.day}
        for own in moves.grouped("company_id").values():
            for claim in own._clinic_get_claims(AUTOPAY):
                if claim.answer == Answer.ASKS:
                    self.assertNotIn(claim.line.id, late, "charged before its day")

    # === THE BOOKS === #

    def _check_ledger(self, account, person, practice, currency):
        """Money held plus money owed equals the ledger."""
        held = self.env["account.move.line"]._clinic_sum_held(person, practice)
        self.assertEqual(
            self._to_units(account, held.get((person, practice, currency), 0.0)),
            account.held,
            "held",
        )
        items = self.env["clinic.open.item"].search(
            [("partner_id", "=", person.id), ("currency_id", "=", currency.id)]
        )
        items = items.filtered(lambda item: item.company_id.root_id == practice)
        self.assertEqual(
            self._to_units(account, sum(items.mapped("amount_open"))),
            account.balance,
            f"money owed: {items.read(['move_id', 'amount_open'])} {account}",
        )

    def _check_services(self, sequence):
        """Services and their shares say to the cent what their invoices say."""
        for service in self.services:
            shares = service.share_ids
            self.assertAlmostEqual(
                service.amount_total, sum(shares.mapped("amount")), 2, sequence
            )
        shares = self.services.share_ids
        billed = shares._get_billing_lines().move_id
        opened = sum(
            move.amount_residual * (-1 if move.move_type == "out_refund" else 1)
            for move in billed
            if move.state == "posted" and move.move_type == "out_invoice"
        )
        due = sum(
            share.amount_due for share in shares if share.state in ("invoiced", "paid")
        )
        self.assertAlmostEqual(opened, due, 2, sequence)

    # === HOW OFTEN === #

    def _count(self, account, askers):
        states = set().union(*(item.states for item in account.debts))
        if account.held:
            states.add("held")
        if any(item.discount for item in account.debts):
            states.add("discount")
        for asker in askers:
            self.cells.update((asker, state) for state in states)

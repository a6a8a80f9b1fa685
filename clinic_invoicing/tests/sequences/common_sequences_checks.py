from collections import Counter

from .common_sequences_agreements import AgreementSteps
from .common_sequences_askers import AskerReaders
from .common_sequences_bills import BillSteps
from .common_sequences_payments import PaymentSteps
from .ledger_oracle import NOT_ASKED, Account

SHOWN = ("statement", "money_owed")
# Of who has paid everything.
NOTHING = Account(1.0)


class AskedChecks(BillSteps, PaymentSteps, AgreementSteps, AskerReaders):
    """What everybody is asked for, beside what the ledger says."""

    def setUp(self):
        super().setUp()
        self.cells = Counter()

    def _begin(self):
        self.seen = {}
        return super()._begin()

    def _check(self, everybody=False):
        """Compare all askers with the books.

        :param bool everybody: those as well whose books have not changed
        """
        self._forget_what_was_read()
        accounts = self.oracle.get_accounts(self.whose)
        changed = {
            key
            for key in accounts.keys() | self.seen.keys()
            if everybody or accounts.get(key) != self.seen.get(key)
        }
        for key in changed:
            self._check_account(accounts.get(key, NOTHING), *self._browse(*key))
        self._check_number(accounts, {person for person, *_more in changed})
        self._check_services()
        self.seen = accounts

    def _forget_what_was_read(self):
        """Read views, and who takes money, anew: each request does."""
        self.env["clinic.open.item"].invalidate_model()
        self.env["clinic.aging"].invalidate_model()
        self.env["account.move"].invalidate_model(["clinic_has_gateway"])

    def _browse(self, person, practice, currency):
        return (
            self.env["res.partner"].browse(person),
            self.env["res.company"].browse(practice),
            self.env["res.currency"].browse(currency),
        )

    # === WHAT IS ASKED === #

    def _check_account(self, account, *key):
        """Everybody asks this person for what is due and free, less what is held."""
        asked = self._read_asked(account, *key)
        self._compare("asked", asked, account.sum_asked, account)
        offered = self._read_offered(account, *key)
        self._compare("offered", offered, account.sum_offered, account)
        proposed = self._read_proposed(account, *key)
        self.assertEqual(proposed, account.sum_proposed(), f"proposal: {account}")
        self._check_balances(account, *key)
        self._check_nobody_elses(account, *key)
        self._count(account)

    def _compare(self, what, said, get_wanted, account):
        """What each asker says is what the books say."""
        wrong = {
            asker: f"{amount} instead of {get_wanted(asker)}"
            for asker, amount in said.items()
            if amount != get_wanted(asker)
        }
        self.assertFalse(wrong, f"{what}: {account}")

    def _check_balances(self, account, *key):
        """Money held plus money owed equals the ledger."""
        shown = self._read_balances(account, *key)
        self._compare("shown", shown, lambda _asker: account.balance, account)
        self.assertEqual(self._read_held(account, *key), account.held, "held")
        for asker in NOT_ASKED:
            most = max(0, account.owed - account.held)
            self.assertLessEqual(account.sum_asked(asker), most)

    def _check_nobody_elses(self, account, *key):
        """Nobody reads another person's debt."""
        own = {item.move for item in account.debts}
        self.assertLessEqual(set(self._find_unpaid(*key).ids), own, "whose")

    def _check_number(self, accounts, persons):
        """The red number is there for who is to pay something now, and only then."""
        for person in self.env["res.partner"].browse(persons):
            is_asked = any(
                account.sum_asked("red_number") > 0
                for (owner, _practice, _currency), account in accounts.items()
                if owner == person.id
            )
            number = self.env["account.move"]._clinic_count_asked(person)
            self.assertEqual(bool(number), is_asked, f"red_number: {person.name}")

    # === THE BOOKS === #

    def _check_services(self):
        """Services and their shares say to the cent what their invoices say."""
        for service in self.services:
            shares = service.share_ids
            total = sum(shares.mapped("amount"))
            self.assertAlmostEqual(service.amount_total, total, 2, service.name)
        shares = self.services.share_ids
        billed = shares._get_billing_lines().move_id
        opened = sum(
            move.amount_residual
            for move in billed
            if move.state == "posted" and move.move_type == "out_invoice"
        )
        due = sum(
            share.amount_due for share in shares if share.state in ("invoiced", "paid")
        )
        self.assertAlmostEqual(opened, due, 2, "services")

    # === HOW OFTEN === #

    def _count(self, account):
        """Count the cells: an asker and a state on which its answer depends."""
        states = account.get_states()
        for state in states:
            for asker in NOT_ASKED:
                mistaken = account.sum_asked(asker, mistaken=state)
                self.cells[asker, state] += mistaken != account.sum_asked(asker)
        self.cells.update((asker, state) for asker in SHOWN for state in states)

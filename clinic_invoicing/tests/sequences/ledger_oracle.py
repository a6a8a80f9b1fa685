"""What everybody owes, has in hand and is asked for, out of the books alone.

It asks none of our rules, so that it can contradict them.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

# Some provider takes a line's currency from who owes it to this company.
IS_TAKEN = """EXISTS (
            SELECT FROM payment_provider provider
              LEFT JOIN payment_currency_rel rel
                ON rel.payment_provider_id = provider.id
             WHERE provider.is_published
               AND provider.state IN ('enabled', 'test')
               AND provider.company_id::text = ANY (
                   STRING_TO_ARRAY(company.parent_path, '/'))
               AND COALESCE(rel.currency_id, line.currency_id) = line.currency_id)"""
# What is said of a line, as it stands in the database.
STATES_OF_LINES = MappingProxyType(
    {
        "on_hold": "move.payment_state = 'blocked'",
        "part_paid": "move.payment_state = 'partial'",
        "clearing": """EXISTS (
            SELECT FROM account_invoice_transaction_rel rel
              JOIN payment_transaction tx ON tx.id = rel.transaction_id
             WHERE rel.invoice_id = move.id
               AND tx.state IN ('pending', 'authorized'))""",
        "offline": f"NOT {IS_TAKEN}",
        # Where nobody takes it, there is no least.
        "too_small": f"""move.move_type = 'out_invoice'
            AND move.amount_residual < %(least)s * currency.rounding
            AND {IS_TAKEN}""",
        "insurers": """EXISTS (
            SELECT FROM account_move_line billed
              JOIN clinic_service_share share ON share.id = billed.clinic_share_id
             WHERE billed.move_id = move.id AND share.payer_type = 'insurer')""",
        "unanswered": """EXISTS (
            SELECT FROM account_move_line billed
              JOIN clinic_service_share own ON own.id = billed.clinic_share_id
              JOIN clinic_service_share other ON other.service_id = own.service_id
             WHERE billed.move_id = move.id
               AND own.payer_type <> 'insurer'
               AND other.payer_type = 'insurer'
               AND other.amount_due > 0)""",
        "in_plan": """EXISTS (
            SELECT FROM clinic_plan_invoice_rel rel
              JOIN clinic_payment_plan plan ON plan.id = rel.plan_id
             WHERE rel.invoice_id = move.id AND plan.state = 'active')""",
        "charged": """EXISTS (
            SELECT FROM clinic_charge_invoice_rel rel
              JOIN clinic_scheduled_charge charge ON charge.id = rel.charge_id
             WHERE rel.invoice_id = move.id
               AND charge.autopay_id IS NOT NULL
               AND charge.state IN ('planned', 'noticed', 'retrying', 'charging')
               AND COALESCE(line.date_maturity, line.date) BETWEEN
                   COALESCE(charge.due_from, '-infinity')
                   AND COALESCE(charge.due_until, 'infinity'))""",
        "later": "COALESCE(line.date_maturity, line.date) > %(day)s",
        "deposit": """EXISTS (
            SELECT FROM account_payment payment
             WHERE payment.move_id = move.id
               AND payment.clinic_deposit_event_id IS NOT NULL)""",
    }
)

# Whoever reads a line of this reads all that counts.
ITEMS = """
SELECT line.id,
       COALESCE(move.reversed_entry_id, move.id) AS document,
       move.id AS move,
       move.move_type AS kind,
       COALESCE(line.date_maturity, line.date) AS due,
       line.amount_residual_currency AS amount,
       SPLIT_PART(company.parent_path, '/', 1)::integer AS practice,
       line.company_id AS company,
       move.partner_id AS address,
       line.currency_id AS currency,
       currency.rounding AS unit,
       CASE WHEN line.discount_date >= %(day)s
             AND term.early_discount
             AND move.payment_state = 'not_paid'
            THEN line.amount_currency - line.discount_amount_currency
            ELSE 0 END AS discount,
       {states}
  FROM account_move_line line
  JOIN account_move move ON move.id = line.move_id
  JOIN account_account account ON account.id = line.account_id
  JOIN res_company company ON company.id = line.company_id
  JOIN res_currency currency ON currency.id = line.currency_id
  LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
 WHERE account.account_type = 'asset_receivable'
   AND line.parent_state = 'posted'
   AND line.amount_residual_currency <> 0
   AND move.id > %(newer_than)s
 ORDER BY due, line.amount_currency, line.id
"""

# What one entry has paid of others, discounts included.
PAID = """
SELECT owed.move_id, SUM(part.debit_amount_currency)
  FROM account_partial_reconcile part
  JOIN account_move_line owed ON owed.id = part.debit_move_id
  JOIN account_move_line paid ON paid.id = part.credit_move_id
 WHERE paid.move_id = %s
 GROUP BY owed.move_id
"""

# States in which nobody asks for an invoice.
FROZEN = frozenset({"on_hold", "clearing", "disputed"})
LATER = frozenset({"later"})
BY_CARD = FROZEN | {"offline", "too_small", "insurers", "unanswered"}
# The states in which who is named here does not ask, as practices are told it.
NOT_ASKED = MappingProxyType(
    {
        "page": FROZEN | LATER | {"too_small", "in_plan"},
        "red_number": FROZEN | LATER | {"too_small", "in_plan"},
        "dialog": FROZEN | LATER | {"too_small", "in_plan", "offline"},
        "link": FROZEN | LATER | {"too_small", "in_plan", "offline"},
        "desk": FROZEN | LATER | {"in_plan"},
        "request": (BY_CARD | LATER | {"in_plan", "charged"}) - {"unanswered"},
        "reminder": BY_CARD | LATER | {"in_plan", "charged"},
        "autopay": BY_CARD | LATER | {"in_plan"},
        # A plan has its own days.
        "proposal": BY_CARD | {"in_plan"},
        "instalment": BY_CARD,
    }
)
# Those in which who waits is not offered to pay by choice either.
NOT_OFFERED = MappingProxyType(
    {
        "dialog": FROZEN | {"too_small", "offline"},
        "link": FROZEN | {"too_small", "offline"},
        "desk": FROZEN,
    }
)


# Who is paid several invoices at once: small ones may be enough together.
PAID_TOGETHER = frozenset({"page", "red_number", "dialog", "link"})
# Who sends people there, and not for what is too little even so.
SENDS_THERE = frozenset({"request", "reminder"})


@dataclass(frozen=True)
class Item:
    """One receivable journal item with money open, in the smallest unit.

    :ivar int company: the practice, or the branch of it, that has billed it
    :ivar int address: of the person who owes it; each gets links of its own
    """

    id: int
    move: int
    kind: str
    company: int
    address: int
    due: date
    amount: int
    discount: int
    states: frozenset

    @property
    def is_debt(self):
        return self.kind == "out_invoice"

    @property
    def closing(self):
        return self.amount - self.discount


@dataclass
class Left:
    """What held money leaves of what is paid at once.

    :ivar int least: that providers charge; nothing where none does
    :ivar int owed: before held money is taken off
    :ivar int offered: what is asked included
    """

    least: int
    owed: int = 0
    asked: int = 0
    offered: int = 0


@dataclass
class Account:
    """What one person owes to one practice in one currency, and what it holds.

    :ivar int least: what providers charge at least, in the smallest unit
    """

    unit: float
    least: int = 0
    debts: list = field(default_factory=list)
    credits: list = field(default_factory=list)

    @property
    def owed(self):
        return sum(item.amount for item in self.debts)

    @property
    def balance(self):
        return self.owed + sum(item.amount for item in self.credits)

    @property
    def late_moves(self):
        """Return the invoices of which something is due."""
        return {item.move for item in self.debts if "later" not in item.states}

    @property
    def held(self):
        """Return the money that may pay any invoice."""
        return -sum(
            item.amount
            for item in self.credits
            if item.states.isdisjoint(("deposit", "disputed"))
        )

    def sum_asked(self, asker, mistaken=None):
        """Return what somebody asks for.

        :param str mistaken: a state of which it thinks the contrary
        """
        held = 0 if mistaken == "held" else self.held
        barring = NOT_ASKED[asker] ^ {mistaken}
        has_discounts = mistaken != "discount"
        if "too_small" not in barring or asker not in PAID_TOGETHER | SENDS_THERE:
            return max(0, self.sum_closing(barring, has_discounts) - held)
        left = self._get_left(asker, barring, barring - LATER, held, has_discounts)
        if asker in PAID_TOGETHER:
            return sum(one.asked for one in left if one.asked >= one.least)
        return sum(one.asked for one in left if one.offered >= one.least)

    def sum_offered(self, asker):
        """Return the most that can be paid there."""
        barring = NOT_OFFERED[asker]
        if asker not in PAID_TOGETHER:
            return max(0, self.sum_closing(barring) - self.held)
        left = self._get_left(asker, NOT_ASKED[asker], barring, self.held)
        return sum(one.offered for one in left if one.offered >= one.least)

    def _get_left(self, asker, not_asked, not_offered, held, has_discounts=True):
        """Return what is left to pay at once: held money pays what is asked first.

        :rtype: list[Left]
        """
        joined = {"too_small"} if asker in PAID_TOGETHER else set()
        asked = self.find_debts(not_asked - joined)
        offered = self.find_debts(not_offered - joined)
        if asker in SENDS_THERE:
            offered = [item for item in offered if item.move in self.late_moves]
        ranked = asked + [item for item in offered if item not in asked]
        groups, by_item = self._group_at_once(asker, ranked)
        rest = max(0, held)
        for item in ranked:
            left = by_item[item]
            # What is never enough is not asked for, so that held money does not pay it.
            if left.owed < left.least:
                continue
            amount = item.closing if has_discounts else item.amount
            covered = min(rest, amount)
            rest -= covered
            left.offered += amount - covered
            left.asked += amount - covered if item in asked else 0
        return groups

    def _group_at_once(self, asker, items):
        """Return what is paid at once, and by item: each address has links of its own.

        :rtype: tuple[list[Left], dict[Item, Left]]
        """
        groups, by_item = {}, {}
        for item in items:
            key = item.company, asker == "link" and item.address
            least = 0 if "offline" in item.states else self.least
            by_item[item] = groups.setdefault(key, Left(least))
            by_item[item].owed += item.amount
        return list(groups.values()), by_item

    def find_debts(self, barring):
        """Return the debts that are in none of these states."""
        return [item for item in self.debts if item.states.isdisjoint(barring)]

    def sum_proposed(self):
        """Return what a plan is proposed for: discounts are for who pays early."""
        closing = self.sum_closing(NOT_ASKED["proposal"])
        owed = self.sum_closing(NOT_ASKED["proposal"], with_discounts=False)
        return owed - min(max(0, self.held), closing)

    def sum_closing(self, barring, with_discounts=True):
        """Return what closes the debts that are in none of these states."""
        return sum(
            item.closing if with_discounts else item.amount
            for item in self.find_debts(barring)
        )

    def get_states(self):
        """Return all states that something of it is in."""
        states = set().union(*(item.states for item in self.debts))
        if self.held:
            states.add("held")
        if any(item.discount for item in self.debts):
            states.add("discount")
        return states


class LedgerOracle:
    """Reads the books by plain SQL.

    :param date day: today
    :param int least: what providers charge at least, in the smallest unit
    :param dict more_states: of lines, in SQL, beside those above
    """

    def __init__(self, cr, day, least, more_states=MappingProxyType({})):
        self.cr, self.day, self.least = cr, day, least
        self.states = {**STATES_OF_LINES, **more_states}
        self.newer_than = self._read_last_move()
        self.query = ITEMS.format(
            states=",\n       ".join(
                f"{condition} AS is_{name}" for name, condition in self.states.items()
            )
        )

    def _read_last_move(self):
        self.cr.execute("SELECT MAX(id) FROM account_move")
        return self.cr.fetchone()[0] or 0

    def _read(self):
        values = {
            "day": self.day,
            "least": self.least,
            "newer_than": self.newer_than,
        }
        self.cr.execute(self.query, values)
        return self.cr.dictfetchall()

    def get_accounts(self, whose):
        """Return the accounts of people by person, practice and currency.

        :param dict whose: the person whom each invoice and payment was made for, by the
            id of its entry
        :raise KeyError: something is open that was made for nobody
        """
        accounts = {}
        for row in self._read():
            key = whose[row["document"]], row["practice"], row["currency"]
            unit = float(row["unit"])
            account = accounts.setdefault(key, Account(unit, self.least))
            item = self._make_item(row, account.unit)
            (account.debts if item.is_debt else account.credits).append(item)
        return accounts

    def _make_item(self, row, unit):
        return Item(
            row["id"],
            row["move"],
            row["kind"],
            row["company"],
            row["address"],
            row["due"],
            round(float(row["amount"]) / unit),
            round(float(row["discount"]) / unit),
            frozenset(name for name in self.states if row[f"is_{name}"]),
        )

    def read_open_by_move(self):
        """Return what is open of each invoice, in its currency."""
        opened = defaultdict(float)
        for row in self._read():
            if row["kind"] == "out_invoice":
                opened[row["move"]] += float(row["amount"])
        return opened

    def read_paid_by(self, move):
        """Return what an entry has paid of each invoice, in its currency."""
        self.cr.execute(PAID, [move])
        return {invoice: float(amount) for invoice, amount in self.cr.fetchall()}

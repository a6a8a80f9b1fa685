"""What everybody owes and has in hand, out of journal items and nothing else.

It asks none of our rules, so that it can contradict them.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

# Whoever reads a line of this reads all that counts.
ITEMS = """
SELECT line.id,
       COALESCE(move.reversed_entry_id, move.id) AS document,
       move.id AS move,
       move.move_type AS kind,
       COALESCE(line.date_maturity, line.date) AS due,
       line.amount_residual_currency AS amount,
       line.company_id AS company,
       SPLIT_PART(company.parent_path, '/', 1)::integer AS practice,
       line.currency_id AS currency,
       currency.rounding AS unit,
       CASE WHEN line.discount_date >= %(day)s
             AND term.early_discount
             AND move.payment_state = 'not_paid'
            THEN line.amount_currency - line.discount_amount_currency
            ELSE 0 END AS discount,
       move.payment_state = 'blocked' AS is_on_hold,
       move.payment_state = 'partial' AS is_part_paid,
       EXISTS (SELECT FROM account_invoice_transaction_rel rel
                 JOIN payment_transaction tx ON tx.id = rel.transaction_id
                WHERE rel.invoice_id = move.id
                  AND (tx.state IN ('pending', 'authorized'))) AS is_clearing,
       EXISTS (SELECT FROM account_payment payment
                WHERE payment.move_id = move.id
                  AND payment.clinic_deposit_event_id IS NOT NULL) AS is_deposit
  FROM account_move_line line
  JOIN account_move move ON move.id = line.move_id
  JOIN account_account account ON account.id = line.account_id
  JOIN res_company company ON company.id = line.company_id
  JOIN res_currency currency ON currency.id = line.currency_id
  LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
 WHERE account.account_type = 'asset_receivable'
   AND line.parent_state = 'posted'
   AND line.amount_residual_currency <> 0
 ORDER BY due, line.id
"""


@dataclass(frozen=True)
class Item:
    """One receivable journal item with money open, in the smallest unit."""

    id: int
    move: int
    kind: str
    due: date
    amount: int
    discount: int
    company: int
    states: frozenset

    @property
    def is_debt(self):
        return self.kind == "out_invoice"

    @property
    def closing(self):
        return self.amount - self.discount


@dataclass
class Account:
    """What one person owes to one practice in one currency, and what it holds."""

    unit: float
    debts: list = field(default_factory=list)
    credits: list = field(default_factory=list)

    @property
    def owed(self):
        return sum(item.amount for item in self.debts)

    @property
    def balance(self):
        return self.owed + sum(item.amount for item in self.credits)

    @property
    def held(self):
        return -sum(
            item.amount for item in self.credits if "deposit" not in item.states
        )

    def sum_closing(self, without=(), day=None):
        """Return what closes the debts in none of these states, due by a day."""
        return sum(
            item.closing
            for item in self.debts
            if not item.states.intersection(without) and (not day or item.due <= day)
        )


class LedgerOracle:
    """Reads the books by plain SQL."""

    def __init__(self, cr, day):
        self.cr, self.day = cr, day

    def get_accounts(self, whose):
        """Return the accounts of people by person, practice and currency.

        :param dict whose: the person whom each invoice and payment was made for, by the
            id of its entry; others are not looked at
        """
        self.cr.execute(ITEMS, {"day": self.day})
        accounts = {}
        for row in self.cr.dictfetchall():
            person = whose.get(row["document"])
            if not person:
                continue
            key = person, row["practice"], row["currency"]
            account = accounts.setdefault(key, Account(float(row["unit"])))
            item = self._make_item(row, account.unit)
            (account.debts if item.is_debt else account.credits).append(item)
        return accounts

    def _make_item(self, row, unit):
        states = {
            name
            for name in ("on_hold", "part_paid", "clearing", "deposit")
            if row[f"is_{name}"]
        }
        states.add("later" if row["due"] > self.day else "due")
        return Item(
            row["id"],
            row["move"],
            row["kind"],
            row["due"],
            round(float(row["amount"]) / unit),
            round(float(row["discount"]) / unit),
            row["company"],
            frozenset(states),
        )

    def read_open_by_move(self):
        """Return what is open of each invoice, in its currency."""
        self.cr.execute(ITEMS, {"day": self.day})
        opened = defaultdict(float)
        for row in self.cr.dictfetchall():
            if row["kind"] == "out_invoice":
                opened[row["move"]] += float(row["amount"])
        return opened

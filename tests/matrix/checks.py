"""What must hold when a cell is over: Stripe's books and Odoo's say the same."""

from collections import defaultdict

from practice import MANAGER

EVER = {"date_from": "2020-01-01 00:00:00", "date_to": "2099-01-01 00:00:00"}
OPEN_STATES = ("pending", "authorized")
TRANSACTIONS = """
with recursive own as (
    select tx.id, tx.source_transaction_id from payment_transaction tx
     where tx.provider_reference = any(%s)
        or tx.id in (select transaction_id from account_invoice_transaction_rel
                      where invoice_id = any(%s))
    union
    select child.id, child.source_transaction_id
      from payment_transaction child join own on child.source_transaction_id = own.id
)
select tx.id, tx.reference, tx.provider_reference, tx.state, tx.operation,
       tx.is_post_processed, tx.payment_id, tx.source_transaction_id, tx.amount
  from payment_transaction tx join own on own.id = tx.id order by tx.id
"""
PAYMENTS = """
select p.id, p.payment_type, p.state, p.amount, p.payment_transaction_id,
       coalesce(p.{reversed}, p.source_payment_id), p.move_id
  from account_payment p
 where p.payment_transaction_id = any(%s) or p.id = any(%s)
    or p.source_payment_id in (select id from account_payment
                                where payment_transaction_id = any(%s))
    or p.{reversed} in (select id from account_payment
                         where payment_transaction_id = any(%s))
"""
# The fee is an expense; where it is taken from is where the payout is awaited.
DISPUTES = """
select d.dispute_id, d.status, coalesce(sum(l.balance), 0)
  from clinic_stripe_dispute d
  left join account_move m on m.clinic_stripe_dispute_id = d.id and m.state = 'posted'
  left join account_move_line l on l.move_id = m.id and l.account_id in (
       select id from account_account where account_type like 'expense%%')
 where d.dispute_id = any(%s)
 group by d.id order by d.id
"""
RECEIVABLES = """
select m.name, m.move_type, l.amount_residual, l.reconciled, m.id
  from account_move_line l
  join account_move m on m.id = l.move_id
  join account_account a on a.id = l.account_id
 where a.account_type = 'asset_receivable' and m.state = 'posted'
   and (m.id = any(%s) or m.reversed_entry_id = any(%s))
"""
CHARGES = """
select c.id, c.date, c.state, c.amount, c.reason
  from clinic_scheduled_charge c
  join clinic_charge_invoice_rel r on r.charge_id = c.id
 where r.invoice_id = any(%s) and c.state != 'done'
"""


def check(cell):
    """Return everything that is not as it must be."""
    return [*cell.complaints, *Books(cell).disagreements()]


def check_told(cell):
    """Complain when somebody is told that something failed which nobody can know.

    To be called before the recovery: this is what people see in the meantime.
    """
    books = Books(cell)
    for tx in books.transactions:
        if tx["state"] == "error" and books.has_moved_money(tx):
            cell.complain(f"told failed, but it moved money: {tx}")
        # A form for a card moves nothing: when it does not load, that is no secret.
        is_request = tx["operation"] != "online_direct" or tx["source_transaction_id"]
        is_known = tx["id"] <= cell.last_known or books.has_failed(tx)
        is_unknown = cell.fault.is_unknown and not is_known
        if tx["state"] == "error" and is_request and is_unknown:
            cell.complain(f"told failed, but nobody knows: {tx}")


def compare_books(stage):
    """Return the differences that Odoo's own comparison with Stripe finds."""
    manager = stage.people[MANAGER]
    check = manager.call(
        "clinic.stripe.check",
        "create",
        [{"provider_id": stage.provider, **EVER}],
    )
    manager.call("clinic.stripe.check", "action_run", check)
    (told,) = manager.call("clinic.stripe.check", "read", check, ["state", "reason"])
    found = stage.rows(
        "select kind, object_id, stripe_amount, odoo_amount"
        " from clinic_stripe_difference where check_id = any(%s)",
        check,
    )
    return [*found, *([told] if told["state"] != "done" else [])]


class Books:
    """What Stripe and Odoo know of one cell."""

    def __init__(self, cell):
        self.cell = cell
        self.at_stripe = cell.payments_at_stripe()
        intents = [payment["payment_intent"] for payment in self.at_stripe]
        self.transactions = self._read(
            TRANSACTIONS,
            "id reference provider_reference state operation is_post_processed"
            " payment_id source_transaction_id amount",
            intents,
            cell.invoices,
        )
        ids = [tx["id"] for tx in self.transactions]
        paid = [tx["payment_id"] for tx in self.transactions if tx["payment_id"]]
        self.payments = self._read(
            PAYMENTS.format(reversed="clinic_reversed_payment_id"),
            "id payment_type state amount transaction source move_id",
            ids,
            paid,
            ids,
            ids,
        )
        self.booked = [p for p in self.payments if p["state"] in ("in_process", "paid")]

    def _read(self, query, names, *params):
        rows = self.cell.stage.rows(query, *params)
        return [dict(zip(names.split(), row, strict=True)) for row in rows]

    def has_failed(self, tx):
        """Whether Stripe itself says of a refund that the client does not get it."""
        refund = self._find_refund(tx)
        return bool(refund) and refund["status"] == "failed"

    def _find_refund(self, tx):
        refunds = (each for pay in self.at_stripe for each in pay["refunds"])
        return next(
            (each for each in refunds if each["id"] == tx["provider_reference"]), None
        )

    def has_moved_money(self, tx):
        """Whether Stripe did what this transaction asked for."""
        if tx["operation"] == "refund":
            return bool(self._find_refund(tx)) and not self.has_failed(tx)
        for payment in self.at_stripe:
            if payment["description"] == tx["reference"] and payment["captured"]:
                return True
        return False

    def disagreements(self):
        yield from self._per_intent()
        yield from self._holds()
        yield from self._disputes()
        yield from self._totals()
        yield from self._invoices()
        yield from self._left_open()

    def _per_intent(self):
        """Compare charges and refunds of each payment."""
        intent_of = self._intents_of_payments()
        charged, given_back = defaultdict(int), defaultdict(int)
        for payment in self.booked:
            books = charged if payment["payment_type"] == "inbound" else given_back
            books[intent_of.get(payment["id"])] += cents(payment["amount"])
        for payment in self.at_stripe:
            intent = payment["payment_intent"]
            told = payment["captured"], payment["refunded"] + payment["disputed"]
            booked = charged.pop(intent, 0), given_back.pop(intent, 0)
            if told != booked:
                yield f"{intent}: charged, given back: Stripe {told}, Odoo {booked}"
        for intent, amount in {**charged, **given_back}.items():
            yield f"Odoo has booked {amount} of {intent}, Stripe has not"

    def _intents_of_payments(self):
        """Return the payment intent of each payment in Odoo's books."""
        transactions = {tx["id"]: tx for tx in self.transactions}
        by_payment = {tx["payment_id"]: tx for tx in self.transactions}
        payments = {payment["id"]: payment for payment in self.payments}
        intents = {}
        for payment in self.payments:
            source = payments.get(payment["source"], payment)
            tx = transactions.get(source["transaction"]) or by_payment.get(source["id"])
            while tx and tx["source_transaction_id"] in transactions:
                tx = transactions[tx["source_transaction_id"]]
            intents[payment["id"]] = tx and tx["provider_reference"]
        return intents

    def _holds(self):
        """Nothing is reserved on a card that nobody will ever take."""
        right = self.cell.flow.status_at_stripe
        for payment in self.at_stripe:
            intent, status = payment["payment_intent"], payment["status"]
            if payment["authorised"]:
                yield f"{intent}: {payment['authorised']} is still held at Stripe"
            if right and status != right:
                yield f"{intent} is {status} at Stripe, not {right}"

    def _disputes(self):
        """Each dispute is known once, with its end and its fee."""
        ids = [each["id"] for pay in self.at_stripe for each in pay["disputes"]]
        rows = self._read(DISPUTES, "id status fee", ids)
        states = tuple(row["status"] for row in rows)
        if states != self.cell.flow.disputes:
            yield f"the disputes are {states}, not {self.cell.flow.disputes}"
        booked = {row["id"]: cents(row["fee"]) for row in rows}
        if booked != (kept := self._fees_at_stripe(ids)):
            yield f"fees of disputes: Stripe {kept}, Odoo {booked}"

    def _fees_at_stripe(self, ids):
        kept = dict.fromkeys(ids, 0)
        for each in self.cell.stripe.ledger()["balance_transactions"]:
            if each["source"] in kept:
                kept[each["source"]] += each["fee"]
        return kept

    def _totals(self):
        """Compare with what the people in this flow wanted."""
        flow = self.cell.flow
        charged = sum(payment["captured"] for payment in self.at_stripe)
        back = sum(p["refunded"] + p["disputed"] for p in self.at_stripe)
        if charged != cents(flow.charged):
            yield f"Stripe has charged {charged}, not {cents(flow.charged)}"
        if back != cents(flow.given_back):
            yield f"Stripe has given back {back}, not {cents(flow.given_back)}"

    def _invoices(self):
        """Look at everything receivable: what is settled is reconciled."""
        moves = [p["move_id"] for p in self.payments if p["move_id"]]
        lines = self._read(
            RECEIVABLES,
            "name type residual reconciled move",
            self.cell.invoices + moves,
            self.cell.invoices,
        )
        owed = sum(
            cents(line["residual"])
            for line in lines
            if line["move"] in self.cell.invoices
        )
        if owed != cents(self.cell.flow.still_owed):
            yield f"{owed} is owed on the invoices, not {self.cell.flow.still_owed}00"
        yield from self._services()
        for line in lines:
            if line["residual"] < 0 or (
                line["move"] not in self.cell.invoices and not line["reconciled"]
            ):
                yield f"not reconciled: {line['name']}, {line['residual']} is open"

    def _services(self):
        """The patients' services say the same as the invoices."""
        states = self.cell.stage.column(
            "select distinct s.state from clinic_service s"
            " join account_move_line l on l.clinic_service_id = s.id"
            " where l.move_id = any(%s)",
            self.cell.invoices,
        )
        if states != [self.cell.flow.service_state]:
            yield f"the services are {states}, not {self.cell.flow.service_state}"

    def _left_open(self):
        """Nothing is pending, unmatched or failed without need."""
        for tx in self.transactions:
            if tx["state"] in OPEN_STATES:
                yield f"transaction left {tx['state']}: {tx}"
            if tx["state"] == "done" and not tx["is_post_processed"]:
                yield f"transaction not booked: {tx}"
        for payment in self.payments:
            if payment["state"] == "draft":
                yield f"payment left as a draft: {payment}"
        for charge in self._read(
            CHARGES, "id date state amount reason", self.cell.invoices
        ):
            yield f"charge by itself left over: {charge}"
        yield from self._events()

    def _events(self):
        for row in self.cell.stage.rows(
            "select event_id, event_type, object_id, state, reason, attempts"
            " from clinic_stripe_event where id > %s"
            " and state in ('received', 'failed', 'unmatched')",
            self.cell.last_event,
        ):
            yield f"event left over: {row}"


def cents(amount):
    return round(float(amount) * 100)

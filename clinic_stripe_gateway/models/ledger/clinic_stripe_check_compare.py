from collections import Counter, defaultdict

from odoo import models
from odoo.fields import Command, Domain

from ...unix_time import to_seconds

NO_MONEY = ("refund", "validation")


class Findings:
    """What one comparison has come across so far."""

    def __init__(self, payments):
        self.differences = []
        self.counts = Counter()
        # Odoo's payments that have met their object at Stripe.
        self.met = payments

    def count(self, name):
        self.counts[f"{name}_count"] += 1

    def get_counts(self):
        names = ("charge", "refund", "dispute", "other", "under_way")
        counts = {f"{name}_count": self.counts[f"{name}_count"] for name in names}
        return {**counts, "difference_count": len(self.differences)}

    def get_commands(self):
        return [Command.create(values) for values in self.differences]


class ClinicStripeCheck(models.Model):
    """The comparison itself: a page of Stripe's objects at a time.

    Each page costs the same number of queries, whatever is on it. What Odoo has
    booked are posted payments: a transaction that says "done" is no money.
    """

    _inherit = "clinic.stripe.check"

    def _compare(self):
        """Return what Stripe and Odoo say of the check's provider and period.

        :rtype: Findings
        :raise UserError: Stripe cannot be asked
        """
        self.ensure_one()
        findings = Findings(self.env["account.payment"])
        for charges in self._iter_pages("list_charges"):
            self._compare_charges(charges, findings)
        for refunds in self._iter_pages("list_refunds"):
            self._compare_refunds(refunds, findings)
        for disputes in self._iter_pages("list_disputes"):
            self._compare_disputes(disputes, findings)
        self._compare_rest(findings)
        return findings

    def _iter_pages(self, operation):
        since, until = map(to_seconds, (self.date_from, self.date_to))
        after = ""
        while True:
            page = self.provider_id._clinic_stripe_call(operation, since, until, after)
            yield page.items
            after = page.after
            if not after:
                return

    # === CHARGES === #

    def _compare_charges(self, charges, findings):
        # Attempts that failed and cards that are only authorised are no money.
        charges = [each for each in charges if each.amount or each.is_pending]
        owners = self._find_owners(charges)
        booked = self._get_payments_by_intent(owners)
        for charge in charges:
            transactions = owners[charge.intent_id]
            if not self._is_ours(charge, transactions):
                findings.count("other")
                continue
            findings.count("charge")
            payments = booked[charge.intent_id]
            findings.met |= payments
            expected = charge.amount
            if charge.is_pending or self._is_young(charge):
                findings.count("under_way")
                # Odoo may be as far as Stripe, or not yet; never further.
                expected = charge.amount if payments else 0
            self._judge(findings, "charge", charge, expected, transactions, payments)

    def _find_owners(self, objects):
        """Return the transactions that the objects' payments were made for, by intent.

        By the intent, or by the reference when Odoo has forgotten the intent. Those of
        other companies too: they tell whose the object is.
        """
        intents = {each.intent_id: each.intent_id for each in objects if each.intent_id}
        charges = [getattr(each, "charge", each) for each in objects]
        intents_by_reference = {
            charge.reference: charge.intent_id
            for charge in charges
            if charge and charge.reference
        }
        domain = Domain("provider_id.code", "=", "stripe")
        domain &= Domain("operation", "not in", NO_MONEY)
        domain &= Domain("source_transaction_id", "=", False)
        domain &= Domain("provider_reference", "in", list(intents)) | Domain(
            "reference", "in", list(intents_by_reference)
        )
        owners = defaultdict(self.env["payment.transaction"].browse)
        for tx in self.env["payment.transaction"].search(domain):
            by_reference = intents_by_reference.get(tx.reference)
            owners[intents.get(tx.provider_reference) or by_reference] |= tx
        return owners

    def _get_payments_by_intent(self, owners):
        """Return what was booked of the payments; captures are children of theirs."""
        transactions = self.env["payment.transaction"].union(*owners.values())
        intents = {tx.id: intent for intent, txs in owners.items() for tx in txs}
        domain = Domain("payment_transaction_id", "in", transactions.ids)
        domain |= Domain(
            "payment_transaction_id.source_transaction_id", "in", transactions.ids
        )
        payments = self._search_posted(domain & Domain("payment_type", "=", "inbound"))
        booked = defaultdict(self.env["account.payment"].browse)
        for payment in payments:
            tx = payment.payment_transaction_id
            booked[intents[(tx.source_transaction_id or tx).id]] |= payment
        return booked

    # === REFUNDS === #

    def _compare_refunds(self, refunds, findings):
        owners = self._find_owners(refunds)
        transactions = self._find_refund_transactions(refunds)
        booked = self._get_payments_by_refund(transactions)
        for refund in refunds:
            tx = transactions[refund.id]
            sources = tx or owners[refund.intent_id]
            if not self._is_ours(refund.charge, sources):
                findings.count("other")
                continue
            findings.count("refund")
            payments = booked[refund.id]
            findings.met |= payments
            expected = 0 if refund.is_gone else refund.amount
            is_open = not (refund.is_gone or refund.is_done)
            if is_open or (refund.is_done and self._is_young(refund)):
                findings.count("under_way")
                expected = refund.amount if payments else 0
            self._judge(findings, "refund", refund, expected, sources, payments)

    def _find_refund_transactions(self, refunds):
        domain = Domain("provider_id.code", "=", "stripe")
        domain &= Domain("operation", "=", "refund")
        domain &= Domain("provider_reference", "in", [each.id for each in refunds])
        transactions = defaultdict(self.env["payment.transaction"].browse)
        for tx in self.env["payment.transaction"].search(domain):
            transactions[tx.provider_reference] |= tx
        return transactions

    def _get_payments_by_refund(self, transactions):
        ids = self.env["payment.transaction"].union(*transactions.values()).ids
        domain = Domain("payment_transaction_id", "in", ids)
        booked = defaultdict(self.env["account.payment"].browse)
        for payment in self._search_posted(
            domain & Domain("payment_type", "=", "outbound")
        ):
            booked[payment.payment_transaction_id.provider_reference] |= payment
        return booked

    # === WHAT STRIPE HAS NOT LISTED === #

    def _compare_rest(self, findings):
        """Look at the payments of the period that have not met their object.

        A payment may be booked long after its charge was made: Stripe is asked for
        each. Those that it knows nothing of were never taken from anybody.
        """
        rest = self._search_posted(self._get_rest_domain()) - findings.met
        inbound = rest.filtered(lambda p: p.payment_type == "inbound")
        self._compare_charges(self._ask_charges(inbound), findings)
        self._compare_refunds(self._ask_refunds(rest - inbound), findings)
        for payment in rest - findings.met:
            kind = "charge" if payment in inbound else "refund"
            tx = payment.payment_transaction_id
            self._judge(findings, kind, None, 0, tx, payment)

    def _get_rest_domain(self):
        """Return the domain of what this provider has booked in the period.

        Also payments that were only recorded as if Stripe had taken them.
        """
        provider = self.provider_id.id
        domain = Domain("payment_transaction_id.provider_id", "=", provider) | (
            Domain("payment_transaction_id", "=", False)
            & Domain("payment_method_line_id.payment_provider_id", "=", provider)
        )
        return (
            domain
            # What takes a discount back is no money, and nothing to Stripe.
            & Domain("amount", "!=", 0)
            & Domain("create_date", ">=", self.date_from)
            & Domain("create_date", "<=", self.date_to)
            # The entries of disputes are compared with their disputes.
            & Domain("move_id.clinic_stripe_dispute_id", "=", False)
        )

    def _ask_charges(self, payments):
        transactions = payments.payment_transaction_id
        owners = transactions.source_transaction_id | transactions
        intents = set(owners.mapped("provider_reference")) - {False}
        call = self.provider_id._clinic_stripe_call
        return [charge for intent in intents for charge in call("find_charges", intent)]

    def _ask_refunds(self, payments):
        transactions = payments.payment_transaction_id
        ids = set(transactions.mapped("provider_reference")) - {False}
        call = self.provider_id._clinic_stripe_call
        return [refund for each in ids if (refund := call("find_refund", each))]

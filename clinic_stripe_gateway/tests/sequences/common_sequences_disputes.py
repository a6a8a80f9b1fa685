import time
from types import MappingProxyType

from odoo.addons.clinic_invoicing.tests.sequences.common_sequences_random import (
    RandomSequences,
)
from odoo.addons.clinic_invoicing.tests.sequences.ledger_oracle import LedgerOracle

from ...adapter.disputes import DisputeMovement, DisputeSnapshot
from .common_sequences_checks import BOOKED

IS_DISPUTED = """EXISTS (
            SELECT FROM clinic_stripe_dispute dispute
              LEFT JOIN clinic_stripe_dispute_invoice_rel rel
                ON rel.dispute_id = dispute.id
              LEFT JOIN account_payment payment ON payment.id = dispute.payment_id
             WHERE dispute.is_held AND move.id IN (rel.invoice_id, payment.move_id))"""
# Beside disputes, what gives them something to dispute.
OF_DISPUTES = MappingProxyType(
    {
        **dict.fromkeys(("bill", "pay_online", "dispute"), 5),
        **dict.fromkeys(("decide_dispute", "bill_again", "void", "receive"), 2),
        **dict.fromkeys(("flip", "credit", "allocate", "give_back"), 1),
        **dict.fromkeys(("agree_to_autopay", "let_days_pass", "put_on_hold"), 1),
    }
)


class DisputeSteps(RandomSequences):
    """What banks take back, and what they give back again."""

    report = "asked_disputed.txt"
    steps = OF_DISPUTES
    states = ("disputed",)

    @classmethod
    def _create_oracle(cls):
        oracle = super()._create_oracle()
        return LedgerOracle(
            oracle.cr, oracle.day, oracle.least, {"disputed": IS_DISPUTED}
        )

    def _do_dispute(self, number, how, amount):
        """Let a bank ask about a payment, or take back all or a half of it."""
        disputes = self._get_disputes()
        txs = self.payments.filtered(
            lambda payment: payment.state in BOOKED
        ).payment_transaction_id
        tx = self._choose(txs - disputes.transaction_id, number)
        if not tx:
            return False
        part = tx.currency_id.round(tx.amount / (1 + how % 2))
        status = "warning_needs_response" if how % 4 == 3 else "needs_response"
        self._settle(tx, f"du_{tx.id}", status, part)
        return True

    def _do_decide_dispute(self, number, how, amount):
        """Let the bank decide; what is won may take a while to come back."""
        dispute = self._choose(self._get_disputes().filtered("is_held"), number)
        if not dispute:
            return False
        status, has_taken = dispute.status, bool(dispute.amount_withdrawn)
        if status.startswith("warning"):
            status = "warning_closed"
        elif status == "won":
            has_taken = False
        else:
            status = ("won", "lost", "won", "won")[how % 4]
            has_taken = how % 4 in (1, 2)
        self._settle(
            dispute.transaction_id,
            dispute.dispute_id,
            status,
            dispute.amount,
            has_taken=has_taken,
        )
        return True

    def _get_disputes(self):
        # sudo: managers alone read disputes.
        disputes = self.env["clinic.stripe.dispute"].sudo()
        payments = [("payment_id", "in", self.payments.ids)]
        return disputes.search(payments, order="id")

    def _settle(self, tx, name, status, amount, has_taken=None):
        """Bring the books to what Stripe says of a dispute.

        :param bool has_taken: whether the bank has the money; as the status says if it
            is not given
        """
        if has_taken is None:
            has_taken = status == "needs_response"
        currency = tx.currency_id
        units = round(amount / currency.rounding)
        taken = DisputeMovement(-units, 0, currency.name.lower(), int(time.time()))
        snapshot = DisputeSnapshot(
            id=name,
            status=status,
            reason="general",
            amount=units,
            currency=currency.name.lower(),
            charge_id=f"ch_{tx.id}",
            intent_id=f"pi_{tx.id}",
            due_by=0,
            is_refundable=status.startswith("warning"),
            reference=tx.reference,
            has_origin=True,
            movements=(taken,) if has_taken else (),
        )
        # sudo: as messages of Stripe are settled.
        disputes = self.env["clinic.stripe.dispute"].sudo()
        dispute = disputes._settle(tx.sudo(), snapshot)
        self.assertFalse(dispute.problem)
        person = self.env["res.partner"].browse(
            self.whose[dispute.payment_id.move_id.id]
        )
        self._keep(dispute.entry_ids, person)

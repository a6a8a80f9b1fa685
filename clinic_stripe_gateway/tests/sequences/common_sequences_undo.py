from hypothesis import strategies as st

from .common_sequences_draws import (
    ends,
    has_card_payment,
    has_intent,
    has_payment,
    picks,
    shares,
    step,
)
from .common_sequences_machine import SequenceMachine

UNDECIDED_BY_THE_BANK = ("needs_response", "warning_needs_response")
# In which states of a payment each correction by hand changes anything.
CORRECTABLE = {
    "draft": ("in_process", "paid"),
    "cancel": ("draft", "in_process", "paid"),
    "post": ("draft",),
}


class UndoSteps(SequenceMachine):
    """How staff, banks and Stripe's own pages take back what was paid."""

    @step(
        pick=picks,
        services=st.sampled_from(("to_invoice", "write_off")),
        money=st.sampled_from(("refund", "refund", "already_refunded", "keep")),
        ends=ends,
        weight=2,
    )
    def void(self, pick, services, money, ends):
        invoice = self._invoice(pick)
        with self._request(f"{invoice.name}: void, {services}, {money}", ends):
            invoice.with_user(self.case.manager)._clinic_void(
                "By chance", services=services, money=money
            )

    @step(
        when=has_payment,
        pick=picks,
        share=shares,
        mode=st.sampled_from(
            ("refund", "refund", "refund", "already_refunded", "never_charged")
        ),
        ends=ends,
        weight=5,
    )
    def reverse(self, pick, share, mode, ends):
        payment = self._any(self._payments(), pick)
        if payment:
            amount = round(payment._clinic_get_returnable() * share, 2)
            with self._request(f"{payment.name}: {mode} {amount}", ends):
                payment.with_user(self.case.manager)._clinic_undo(
                    mode, amount, "By chance"
                )

    @step(
        pick=picks,
        what=st.sampled_from(("draft", "cancel", "post")),
        when=has_payment,
        weight=6,
    )
    def change_payment(self, pick, what):
        """Correct a payment by hand, as Odoo lets everybody who keeps the books.

        Not one that was given back: who says that it never came leaves that open. What
        Stripe has moved is refused.
        """
        payments = (self._payments() | self.corrected).filtered(
            lambda each: (
                not each.clinic_reversal_ids and each.state in CORRECTABLE[what]
            )
        )
        # Those that may be corrected; where there is none, one that may not is tried.
        free = payments.filtered(lambda each: not each.clinic_stays_booked)
        payment = self._any(free or payments, pick)
        if not payment:
            return
        with self._request(f"{payment.name}: payment {what}"):
            if payment.state == "draft" and what == "post":
                payment.action_post()
            else:
                payment.action_draft()
            if what == "cancel":
                payment.action_cancel()
            self.corrected |= payment

    @step(when=has_card_payment, pick=picks, share=shares, ends=ends, weight=3)
    def refund_by_core(self, pick, share, ends):
        """Press the refund button that Odoo itself has."""
        card = self._payments().filtered("payment_transaction_id")
        payment = self._any(card, pick)
        amount = round(payment.amount_available_for_refund * share, 2)
        with self._request(f"{payment.name}: Core refunds {amount}", ends):
            wizard = self.env["payment.refund.wizard"].with_user(self.case.manager)
            values = {"payment_id": payment.id, "amount_to_refund": amount}
            wizard.with_context(active_id=payment.id).create(values).action_refund()

    @step(when=has_intent("succeeded"), pick=picks, share=shares, weight=3)
    def refund_at_stripe(self, pick, share):
        intent = self._any(self._intents("succeeded"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["gross"] * share)
            with self._outside(f"{name}: dashboard refunds {amount}"):
                self.control.dashboard_refund(name, amount=amount)

    @step(pick=picks, when=lambda machine: machine._refunds(), weight=2)
    def fail_refund(self, pick):
        refund = self._any(self._refunds(), pick)
        if refund:
            with self._outside(f"{refund['id']}: fails"):
                self.control.fail_refund(refund["id"])

    @step(
        when=has_intent("succeeded"),
        pick=picks,
        share=shares,
        inquiry=st.booleans(),
        weight=2,
    )
    def dispute(self, pick, share, inquiry):
        intent = self._any(self._intents("succeeded"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["gross"] * share)
            with self._outside(f"{name}: dispute of {amount}, inquiry {inquiry}"):
                self.control.create_dispute(name, amount=amount, inquiry=inquiry)

    @step(
        pick=picks,
        is_won=st.booleans(),
        when=lambda machine: machine._open_disputes(),
        weight=5,
    )
    def decide_dispute(self, pick, is_won):
        dispute = self._any(self._open_disputes(), pick)
        if dispute:
            with self._outside(f"{dispute['id']}: won {is_won}"):
                decide = "win_dispute" if is_won else "lose_dispute"
                getattr(self.control, decide)(dispute["id"])

    def _refunds(self):
        """Return what can still fail; giving up an authorisation is no refund."""
        refunds = [each for intent in self._intents() for each in intent["refunds"]]
        return [each for each in refunds if each["status"] == "succeeded"]

    def _open_disputes(self):
        disputes = self.control.objects("dispute")
        return [each for each in disputes if each["status"] in UNDECIDED_BY_THE_BANK]

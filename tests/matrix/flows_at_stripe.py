"""Flows that begin at Stripe: Odoo is told, and nobody presses anything."""

from faults_at_calls import process_events
from flow import Flow
from flows_paying import is_owed, pay_in_peace
from practice import PRICE
from recovery import is_unsettled, settle

READ = ("GET", "/v1/*")


class AtStripe(Flow):
    """A paid invoice, and something that happens to its payment at Stripe."""

    nonsense = {
        "event before the answer": "it happens at Stripe: no request of ours waits for"
        " the answer",
    }
    given_back = PRICE
    still_owed = PRICE
    service_state = "invoiced"

    def prepare(self, cell):
        super().prepare(cell)
        pay_in_peace(cell)
        (payment,) = cell.payments_at_stripe()
        cell.memory["intent"] = payment["payment_intent"]

    def act(self, cell):
        self.happen(cell)
        cell.stripe.wait_delivered(5)
        cell.strike(work_on_messages, READ)

    def happen(self, cell):
        """Let it happen at Stripe."""
        raise NotImplementedError


def work_on_messages(cell):
    """Let the job run that works on messages; return whether all is settled."""
    process_events(cell)
    return not is_unsettled(cell)


class DashboardRefund(AtStripe):
    """Somebody refunds on Stripe's own pages."""

    name = "dashboard refund"

    def happen(self, cell):
        cell.stripe.dashboard_refund(cell.memory["intent"])


class DisputeLost(AtStripe):
    """A client disputes a payment at the bank, and the bank takes it back."""

    name = "dispute lost"
    disputes = ("lost",)

    def act(self, cell):
        super().act(cell)
        if cell.fault.lets_messages_through:
            self.look_meanwhile(cell)
        self.decide(cell, cell.memory["dispute"])
        cell.stripe.wait_delivered(5)
        cell.strike(work_on_messages, READ)

    def happen(self, cell):
        dispute = cell.stripe.create_dispute(cell.memory["intent"])
        cell.memory["dispute"] = dispute["id"]

    def look_meanwhile(self, cell):
        """See that the money is gone, some time before the bank decides."""
        settle(cell)
        if not is_owed(cell):
            cell.complain("the bank has the money, and nothing is owed")

    def decide(self, cell, dispute):
        cell.stripe.lose_dispute(dispute)


class DisputeWon(DisputeLost):
    """The bank takes the money back, and returns it to the practice."""

    name = "dispute won"
    given_back = still_owed = 0
    service_state = "paid"
    disputes = ("won",)

    def decide(self, cell, dispute):
        cell.stripe.win_dispute(dispute)

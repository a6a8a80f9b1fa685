"""Flows that begin at Stripe: Odoo is told, and nobody presses anything."""

from faults_at_calls import process_events
from flows_paying import pay_in_peace
from practice import PRICE
from recovery import is_unsettled

READ = ("GET", "/v1/*")


class Told:
    """A paid invoice, and something that happens to its payment at Stripe."""

    invoices = 1
    nonsense = {
        "event before the answer": "it happens at Stripe: no request of ours waits for"
        " the answer",
    }
    charged = PRICE
    given_back = PRICE
    still_owed = PRICE
    service_state = "invoiced"

    def prepare(self, cell):
        cell.take_invoices()
        pay_in_peace(cell)
        (payment,) = cell.payments_at_stripe()
        cell.memory["intent"] = payment["payment_intent"]

    def act(self, cell):
        self.happen(cell)
        cell.stripe.wait_delivered(5)
        cell.strike(work_on_messages, READ)

    def again(self, cell):
        """Nobody has to do anything."""

    def happen(self, cell):
        """Let it happen at Stripe."""
        raise NotImplementedError


def work_on_messages(cell):
    """Let the job run that works on messages; return whether all is settled."""
    process_events(cell)
    return not is_unsettled(cell)


class DashboardRefund(Told):
    """Somebody refunds on Stripe's own pages."""

    name = "dashboard refund"

    def happen(self, cell):
        cell.stripe.dashboard_refund(cell.memory["intent"])


class DisputeLost(Told):
    """A client disputes a payment at the bank, and the bank takes it back."""

    name = "dispute lost"

    def happen(self, cell):
        dispute = cell.stripe.create_dispute(cell.memory["intent"])
        cell.stripe.wait_delivered(5)
        self.decide(cell, dispute["id"])

    def decide(self, cell, dispute):
        cell.stripe.lose_dispute(dispute)


class DisputeWon(DisputeLost):
    """The bank takes the money back, and returns it to the practice."""

    name = "dispute won"
    given_back = still_owed = 0
    service_state = "paid"

    def decide(self, cell, dispute):
        cell.stripe.win_dispute(dispute)

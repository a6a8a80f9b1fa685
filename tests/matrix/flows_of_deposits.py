"""Flows in which a deposit has gone back to the client, and comes back to its visit."""

from datetime import datetime, timedelta, timezone

from faults_at_calls import process_events
from flows_at_stripe import READ, AtStripe, DisputeWon, work_on_messages
from flows_undo import Refund
from newcomer import INVOICES_OF_SERVICE, Newcomer
from practice import DEPOSIT, PRICE


class DepositBack(AtStripe):
    """A visit's deposit that its visit cannot use for a time.

    The visit is invoiced meanwhile; when the money is there again, it pays that.
    """

    charged = DEPOSIT
    given_back = 0
    still_owed = PRICE - DEPOSIT

    def prepare(self, cell):
        cell.newcomer = Newcomer(cell.stage)
        cell.newcomer.save_card()
        cell.close_books()
        cell.memory["visit"] = book_visit(cell)
        take_deposit(cell)
        (payment,) = cell.payments_at_stripe()
        cell.memory["intent"] = payment["payment_intent"]
        self.take_away(cell)

    def act(self, cell):
        invoice_visit(cell)
        self.happen(cell)
        cell.stripe.wait_delivered(5)
        cell.strike(work_on_messages, READ)

    def take_away(self, cell):
        """Let the deposit go back, in peace."""
        raise NotImplementedError


class DepositDisputed(DepositBack):
    """The bank took a deposit back, and decides for the practice."""

    name = "deposit: dispute won"
    disputes = DisputeWon.disputes

    def take_away(self, cell):
        dispute = cell.stripe.create_dispute(cell.memory["intent"])
        cell.memory["dispute"] = dispute["id"]
        hear(cell)

    def happen(self, cell):
        cell.stripe.win_dispute(cell.memory["dispute"])


class DepositRefundFailed(DepositBack):
    """A deposit was refunded, and the client's bank does not take it."""

    name = "deposit: refund failed"

    def take_away(self, cell):
        cell.memory["payment"] = cell.stage.value(
            "select id from account_payment where clinic_deposit_event_id = %s",
            cell.memory["visit"],
        )
        RefundOfDeposit().undo(cell)
        hear(cell)

    def happen(self, cell):
        (payment,) = cell.payments_at_stripe()
        (refund,) = payment["refunds"]
        cell.stripe.fail_refund(refund["id"])


class RefundOfDeposit(Refund):
    """Odoo's own refund button, on a deposit."""

    given_back = DEPOSIT


def book_visit(cell):
    """Book an appointment of the cell's own client; return it."""
    start = datetime.now(timezone.utc)
    (visit,) = cell.manager.call(
        "calendar.event",
        "create",
        [
            {
                "name": "Appointment",
                "start": f"{start:%Y-%m-%d %H:%M:%S}",
                "stop": f"{start + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
                "clinic_patient_id": cell.newcomer.partner,
                "clinic_service_ids": [(0, 0, {"rate_id": cell.stage.find("rate")})],
            }
        ],
    )
    return visit


def take_deposit(cell):
    """Let the desk charge the saved card for the deposit of the visit, in peace."""
    page = f"/clinic/desk/deposit/{cell.memory['visit']}"
    cell.manager.submit(page, f"{page}/card")
    hear(cell)


def invoice_visit(cell):
    """Complete the visit and invoice it; the deposit is not there."""
    visit = cell.memory["visit"]
    cell.manager.call("calendar.event", "action_clinic_complete_and_invoice", [visit])
    (service,) = cell.stage.column(
        "select id from clinic_service where event_id = %s", visit
    )
    cell.invoices = cell.stage.column(INVOICES_OF_SERVICE, service)
    owed = cell.stage.value(
        "select amount_residual from account_move where id = %s", cell.invoice
    )
    if owed != PRICE:
        cell.complain(f"{owed} of the visit is owed, though its deposit has gone back")


def hear(cell):
    """Let the practice hear what Stripe has to tell, in peace."""
    cell.stripe.wait_delivered(10)
    process_events(cell)
    cell.stage.run_jobs()

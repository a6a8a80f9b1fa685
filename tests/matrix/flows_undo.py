"""Flows in which a manager takes a payment back."""

from flow import Flow
from flows_paying import pay_in_peace
from practice import ADMIN, PRICE

REFUND = ("POST", "/v1/refunds")
CANCEL = ("POST", "/v1/payment_intents/*/cancel")
PART = 50
REASON = "Typing error"


class Undo(Flow):
    """A paid invoice, and a manager who undoes what was paid."""

    given_back = PRICE
    still_owed = PRICE
    service_state = "invoiced"
    call = REFUND

    def prepare(self, cell):
        super().prepare(cell)
        pay_in_peace(cell)
        cell.memory["payment"] = cell.stage.value(
            "select p.id from account_payment p"
            " join account_invoice_transaction_rel r"
            " on r.transaction_id = p.payment_transaction_id"
            " where r.invoice_id = %s and p.state in ('in_process', 'paid')",
            cell.invoice,
        )

    def act(self, cell):
        cell.strike(self.undo, self.call)

    def again(self, cell):
        """Undo what Odoo still shows as not undone, if it lets the manager."""
        if not self.is_undone(cell):
            cell.do(self.undo, "at last: ")

    def is_undone(self, cell):
        """Whether Odoo shows that the money has gone back."""
        return PRICE - self.given_back >= PRICE - cell.stage.value(
            "select coalesce(sum(amount), 0) from account_payment"
            " where state in ('in_process', 'paid') and"
            " %s in (source_payment_id, clinic_reversed_payment_id)",
            cell.memory["payment"],
        )

    def undo(self, cell):
        """Press the buttons; return whether it is seen to be done."""
        raise NotImplementedError


class Refund(Undo):
    """Odoo's own refund button."""

    name = "refund"

    def undo(self, cell):
        payment = cell.memory["payment"]
        wizard = {"payment_id": payment, "amount_to_refund": self.given_back}
        cell.manager.fill_in(
            "payment.refund.wizard", wizard, "action_refund", active_id=payment
        )
        return self.is_undone(cell)


class PartialRefund(Refund):
    """A part of it goes back."""

    name = "partial refund"
    given_back = still_owed = PART


class Reversal(Undo):
    """One payment is taken back, and the invoice is owed again."""

    name = "reversal"

    def undo(self, cell):
        payment = cell.memory["payment"]
        action = cell.manager.call(
            "account.payment", "action_clinic_reverse_payment", [payment]
        )
        values = {"payment_id": payment, "mode": "refund", "reason": REASON}
        cell.manager.fill_in(
            action["res_model"], values, "action_confirm", **action["context"]
        )
        return self.is_undone(cell)


class VoidOfPaid(Undo):
    """A paid invoice is voided: its money goes back, and it is credited."""

    name = "void of paid"
    still_owed = 0
    service_state = "to_invoice"

    def undo(self, cell):
        action = cell.manager.call("account.move", "action_clinic_void", [cell.invoice])
        values = {"reason": REASON, "services": "to_invoice", "money": "refund"}
        cell.manager.fill_in(
            action["res_model"], values, "action_confirm", **action["context"]
        )
        return self.is_undone(cell)

    def is_undone(self, cell):
        return cell.stage.value(
            "select payment_state = 'reversed' from account_move where id = %s",
            cell.invoice,
        )


class VoidOfAuthorised(VoidOfPaid):
    """An invoice is voided whose money is authorised, and not taken yet."""

    name = "void of authorised"
    charged = given_back = 0
    status_at_stripe = "canceled"
    call = CANCEL

    def prepare(self, cell):
        cell.take_invoices()
        capture_by_hand(cell, True)
        try:
            pay_in_peace(cell)
        finally:
            capture_by_hand(cell, False)


def capture_by_hand(cell, is_on):
    cell.stage.people[ADMIN].call(
        "payment.provider",
        "write",
        [cell.stage.provider],
        {"capture_manually": is_on},
    )

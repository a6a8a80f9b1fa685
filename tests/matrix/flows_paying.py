"""Flows in which somebody pays."""

import re

from faults_at_calls import process_events
from flow import Flow
from practice import CLIENT, PRICE

CREATE_INTENT = ("POST", "/v1/payment_intents")
READ_INTENT = ("GET", "/v1/payment_intents/*")
PAID = ("done", "authorized")
# The seal of what the page shows beside Odoo's payment form.
SHOWN = re.compile('data-shown="([0-9a-f]+)"')


class PortalCard(Flow):
    """A client pays one invoice with a card that is typed into Stripe's form."""

    name = "portal card"
    card = "visa"

    def act(self, cell):
        values = self.open_form(cell)
        self.type_card(cell, values)
        if cell.fault.browser_returns:
            cell.memory["coming back"] = values[-1]
            cell.strike(come_back, READ_INTENT, second=self.look_again)
            cell.strike(wait_for_page, second=self.look_again)
        elif cell.fault.client_looks:
            cell.do(self.look_again, "without having come back: ")

    def again(self, cell):
        """Pay what Odoo still says is owed, if it lets the client."""
        if is_owed(cell):
            cell.do(self.look_again, "at last: ")

    # === STEPS === #

    def open_form(self, cell):
        """Open the payment form until it loads; return the answers that had a form."""
        answers = cell.strike(self.start, CREATE_INTENT)
        if not answers[-1].is_done:
            answers.append(cell.do(self.start, "later: "))
        forms = [answer.value for answer in answers if answer.is_done]
        if not forms:
            cell.complain(f"the form does not open any more: {answers[-1].error}")
        return forms

    def start(self, cell):
        """Ask for the payment form; return what it is filled with."""
        values = cell.client.json(
            self.route(cell),
            provider_id=cell.stage.provider,
            payment_method_id=cell.stage.method,
            token_id=None,
            amount=PRICE * self.invoices,
            flow="direct",
            tokenization_requested=False,
            landing_route="/my/billing",
            **self.read(cell),
        )
        return values if values.get("client_secret") else None

    def route(self, cell):
        return f"/invoice/transaction/{cell.invoice}"

    def read(self, cell):
        """Return what the page adds of what it shows."""
        return {}

    def type_card(self, cell, forms):
        """Pay in every window that is open, the newest first."""
        for form in reversed(forms):
            intent = cell.stage.browser.confirm(form["client_secret"], self.card)
            if intent and intent["status"] == "requires_action":
                cell.stripe.authenticate(intent["id"])
            seen = intent["status"] if intent else "refused"
            cell.note(f"card typed for {form['reference']}: {seen}")

    def look_again(self, cell):
        """Open the bill again, and pay again if Odoo offers it."""
        form = self.start(cell)
        if not form:
            return False
        self.type_card(cell, [form])
        cell.memory["coming back"] = form
        return come_back(cell) and wait_for_page(cell)


class PortalCardAuthenticated(PortalCard):
    """The client's bank asks who they are."""

    name = "portal card with authentication"
    card = "authenticationRequired"


class SeveralInvoices(PortalCard):
    """A client pays three invoices at once."""

    name = "several invoices at once"
    invoices = 3
    charged = 3 * PRICE

    def route(self, cell):
        return f"/my/billing/pay/{self.ids(cell)}"

    def read(self, cell):
        page = cell.client.page("/my/billing/pay", invoice_ids=self.ids(cell))
        shown = SHOWN.search(page)
        return {"shown": shown[1] if shown else ""}

    def ids(self, cell):
        return ",".join(map(str, cell.invoices))


def come_back(cell):
    """Be sent back from the card form to the practice's page."""
    form = cell.memory["coming back"]
    cell.client.page(
        "/payment/stripe/return",
        reference=form["reference"],
        payment_intent=form["client_secret"].partition("_secret_")[0],
    )
    return True


def wait_for_page(cell):
    """Let the page ask whether it is paid, as it does every few seconds."""
    state = cell.client.json("/payment/status/poll")["state"]
    if state == "error":
        cell.complain("the payer's page says that the payment failed")
    return state in PAID


def is_owed(cell):
    return cell.stage.value(
        "select bool_or(amount_residual > 0) from account_move where id = any(%s)",
        cell.invoices,
    )


class SavedCard(Flow):
    """A biller charges the card that a client has saved."""

    name = "saved card at the desk"

    def act(self, cell):
        cell.strike(charge_saved_card, CREATE_INTENT)

    def again(self, cell):
        if is_owed(cell):
            cell.do(charge_saved_card, "at last: ")


def charge_saved_card(cell):
    """Register a payment with the saved card; return whether it is paid."""
    company = cell.stage.value(
        "select company_id from account_move where id = %s", cell.invoice
    )
    context = {
        "active_model": "account.move",
        "active_ids": [cell.invoice],
        # The biller works for the company or branch that has billed.
        "allowed_company_ids": [company],
    }
    line, token = cell.stage.saved_card
    wizard = {"payment_method_line_id": line, "payment_token_id": token}
    cell.manager.fill_in(
        "account.payment.register", wizard, "action_create_payments", **context
    )
    return not is_owed(cell)


def pay_in_peace(cell):
    """Pay an invoice by card before the fault begins, and let it be booked."""
    flow = PortalCard()
    form = flow.start(cell)
    flow.type_card(cell, [form])
    cell.memory["coming back"] = form
    come_back(cell)
    wait_for_page(cell)
    cell.stripe.wait_delivered(10)
    process_events(cell)


def save_card(stage):
    """Let the client save a card while paying, before any cell is played."""
    pay_and_save_card(stage, stage.people[CLIENT], stage.invoices.pop(0))
    stage.saved_card = stage.rows(
        "select l.id, t.id from account_payment_method_line l, payment_token t"
        " where l.payment_provider_id = %s and t.active",
        stage.provider,
    )[0]


def pay_and_save_card(stage, client, invoice):
    """Let a client pay an invoice and save the card, in peace."""
    form = client.json(
        f"/invoice/transaction/{invoice}",
        provider_id=stage.provider,
        payment_method_id=stage.method,
        token_id=None,
        amount=PRICE,
        flow="direct",
        tokenization_requested=True,
        landing_route="/my/billing",
    )
    stage.browser.confirm(form["client_secret"])
    client.page(
        "/payment/stripe/return",
        reference=form["reference"],
        payment_intent=form["client_secret"].partition("_secret_")[0],
    )
    client.json("/payment/status/poll")
    stage.stripe.wait_delivered(10)
    stage.run_jobs()

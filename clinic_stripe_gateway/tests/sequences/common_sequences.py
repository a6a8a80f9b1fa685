from hypothesis import strategies as st
from hypothesis.stateful import initialize

from odoo.exceptions import UserError

from ...models.inbox.clinic_stripe_event_job import (
    WAITING,
)
from .common_sequences_draws import (
    CARDS,
    amounts,
    ends,
    has_authorised,
    has_form,
    has_intent,
    has_payment,
    has_unfinished,
    picks,
    shares,
    step,
)
from .common_sequences_undo import UndoSteps

JOBS = (
    "clinic_stripe_gateway.ir_cron_sweep_events",
    "clinic_stripe_gateway.ir_cron_process_events",
    "clinic_stripe_gateway.ir_cron_ask_unanswered",
    "clinic_stripe_gateway.ir_cron_refresh_disputes",
    "clinic_stripe_gateway.ir_cron_book_again",
    "payment.cron_post_process_payment_tx",
)
MANY = 3


class PracticeMachine(UndoSteps):
    """What clients, staff, banks and Stripe may do to a few invoices, in any order."""

    # === BILLS === #

    @initialize(first=amounts, second=amounts)
    def begin(self, first, second):
        """Start each sequence with a payment that was typed, and may be corrected."""
        self.open_practice(first, second)
        self.pay_cash(pick=0, share=0.5)

    def open_practice(self, first, second):
        self.bill(first)
        self.bill(second)
        with self._request("saves a card"):
            self.charges += 1
            self.tokens |= self.case._save_card()
            for name in ("visa_chargeDeclined", "authenticationRequired"):
                values = {"stripe_payment_method": f"pm_card_{name}"}
                self.tokens |= self.tokens[0]._clinic_unguarded().copy(values)

    @step(amount=amounts)
    def bill(self, amount):
        if len(self.invoices) > MANY:
            return
        with self._request(f"bills {amount}"):
            self.invoices |= self.case._bill(amount)

    @step(
        pick=picks,
        what=st.sampled_from(("draft", "cancel", "post", "credit")),
        weight=3,
    )
    def change_invoice(self, pick, what):
        invoice = self._invoice(pick)
        with self._request(f"{invoice.name}: {what}"):
            if what == "draft" and invoice.state == "posted":
                invoice.button_draft()
            elif what == "cancel" and invoice.state != "cancel":
                if invoice.state == "posted":
                    invoice.button_draft()
                invoice.button_cancel()
            elif what == "post" and invoice.state == "draft":
                invoice.action_post()
            elif what == "credit" and not invoice._clinic_get_void_obstacle():
                self.case._credit(invoice)

    # === PAYING === #

    @step(pick=picks, share=shares, manually=st.booleans(), ends=ends, weight=2)
    def open_form(self, pick, share, manually, ends):
        invoice = self._owed_invoice(pick)
        amount = round(invoice.amount_residual * share, 2)
        step = f"{invoice.name}: form for {amount}, manual {manually}"
        with self._request(step, ends):
            provider = self.case.provider
            provider.payment_method_ids = self.case.card_method
            provider.capture_manually = manually
            invoice._clinic_start_online_payment(amount, invoice.currency_id)
            tx = self.case._create_transaction(invoice, amount=amount)
            secret = tx._get_processing_values().get("client_secret")
            if secret:
                self.forms.append((tx, secret))
                self.charges += 1

    @step(
        pick=picks,
        share=shares,
        manually=st.booleans(),
        comes_back=st.booleans(),
        weight=5,
    )
    def pay_in_portal(self, pick, share, manually, comes_back):
        count = len(self.forms)
        self.open_form(pick, share, manually, "well")
        if len(self.forms) > count:
            self.confirm(0, "visa")
            if comes_back:
                self._come_back(self.forms[-1][0])

    @step(when=has_form, pick=picks, card=st.sampled_from(CARDS), weight=2)
    def confirm(self, pick, card):
        if not self.forms:
            return
        tx, secret = self.forms[-1 - pick % len(self.forms)]
        with self._outside(f"form {tx.id}: pays with {card}"):
            answer = self.case.browser.confirm(secret, card)
            self.trail[-1] += f" -> {answer.get('status', 'refused')}"

    @step(when=has_intent("requires_action"), pick=picks, success=st.booleans())
    def authenticate(self, pick, success):
        intent = self._any(self._intents("requires_action"), pick)
        if intent:
            with self._outside(f"{intent['payment_intent']}: bank says {success}"):
                self.control.authenticate(intent["payment_intent"], success=success)

    @step(when=has_unfinished, pick=picks)
    def come_back(self, pick):
        tx = self._any(self._transactions("draft", "pending", "error"), pick)
        if tx:
            self._come_back(tx)

    def _come_back(self, tx):
        with self._request(f"tx {tx.id}: payer comes back"):
            self.case._settle(tx)

    @step(pick=picks)
    def pay_too_much(self, pick):
        invoice = self._invoice(pick)
        with self._noticing(f"{invoice.name}: too much is refused"):
            with self.case.assertRaises(UserError), self.env.cr.savepoint():
                invoice._clinic_start_online_payment(
                    invoice.amount_residual + 0.01, invoice.currency_id
                )
            self.env.invalidate_all()

    @step(pick=picks, card=picks, share=shares, ends=ends, weight=4)
    def charge_at_the_desk(self, pick, card, share, ends):
        invoice, token = self._owed_invoice(pick), self.tokens[max(0, card - 3)]
        amount = round(invoice.amount_residual * share, 2)
        step = f"{invoice.name}: desk charges {amount}, {token.stripe_payment_method}"
        with self._request(step, ends):
            if invoice.state == "posted" and amount > 0:
                self.charges += 1
                self.case._charge_at_the_desk(invoice, token, amount=amount)

    @step(pick=picks, share=shares, weight=2)
    def pay_cash(self, pick, share):
        invoice = self._owed_invoice(pick)
        amount = round(invoice.amount_residual * share, 2)
        if invoice.state == "posted" and amount > 0:
            with self._request(f"{invoice.name}: {amount} in cash"):
                self.case._pay(invoice, amount)

    @step(when=has_payment, pick=picks)
    def allocate(self, pick):
        payment = self._any(self._payments(), pick)
        if payment:
            with self._request(f"{payment.name}: allocate"):
                payment.with_user(self.case.manager).action_clinic_allocate()

    # === AUTHORISATIONS === #

    @step(when=has_authorised, pick=picks, ends=ends, weight=2)
    def capture(self, pick, ends):
        tx = self._any(self._transactions("authorized"), pick)
        if tx:
            with self._request(f"tx {tx.id}: capture", ends):
                tx.action_capture()

    @step(when=has_authorised, pick=picks, ends=ends, weight=1)
    def release(self, pick, ends):
        tx = self._any(self._transactions("authorized"), pick)
        if tx:
            with self._request(f"tx {tx.id}: release", ends):
                tx.action_void()

    @step(
        when=has_intent("requires_capture"),
        pick=picks,
        share=st.sampled_from((1, 0.5, 0)),
        weight=2,
    )
    def end_authorisation_at_stripe(self, pick, share):
        intent = self._any(self._intents("requires_capture"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["amount"] * share)
            with self._outside(f"{name}: dashboard captures {amount}"):
                if amount:
                    self.control.dashboard_capture(name, amount=amount)
                else:
                    self.control.dashboard_cancel(name)

    # === WHAT ODOO HEARS === #

    @step(picks=st.lists(st.integers(0, 30), min_size=1, max_size=4), weight=4)
    def hear(self, picks):
        events = self.control.events(
            *self.env["clinic.stripe.event"]._get_settle_methods()
        )
        chosen = [events[-1 - pick % len(events)] for pick in picks]
        names = ", ".join(f"{e['type']} {e['data']['object']['id']}" for e in chosen)
        with self._noticing(f"hears {names}"):
            for event in chosen:
                signed = self.control.payload(event["id"], self.case.endpoint)
                self.case._post(signed["body"].encode(), signed["signature"])
            self.case._process_events()

    @step(job=st.sampled_from(JOBS), weight=2)
    def run_job(self, job):
        with self._noticing(f"job {job.partition('.')[2]}"):
            self.case._run_job(job)


def make_due(env):
    """Let everything that waits be tried by the next run of its job."""
    env["clinic.stripe.event"].sudo().search([("state", "in", WAITING)]).write(
        {"next_attempt": "2020-01-01"}
    )
    # sudo: nobody else may say that Stripe has not answered.
    txs = env["payment.transaction"].sudo().search([("provider_code", "=", "stripe")])
    txs.filtered("clinic_stripe_request").clinic_stripe_ask_at = "2020-01-01"
    unbooked = txs.filtered(lambda tx: not tx.is_post_processed)
    unbooked.last_state_change = "2020-01-01"

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from odoo.exceptions import UserError

from odoo.addons.clinic_stripe_gateway.models.clinic_stripe_event_processing import (
    WAITING,
)

from .common_sequences_machine import HIDE_THE_ANSWER, SequenceMachine, step

CARDS = ("visa", "visa", "visa", "visa_chargeDeclined", "authenticationRequired")
JOBS = (
    "clinic_stripe_gateway.ir_cron_sweep_events",
    "clinic_stripe_gateway.ir_cron_process_events",
    "clinic_stripe_gateway.ir_cron_ask_unanswered",
    "clinic_stripe_gateway.ir_cron_refresh_disputes",
    "clinic_stripe_gateway.ir_cron_book_again",
    "payment.cron_post_process_payment_tx",
)
MANY = 3

amounts = st.sampled_from((120, 80, 33.35))
# How a request ends: most of them well.
ends = st.sampled_from(("well",) * 6 + ("forgotten",) * 2 + HIDE_THE_ANSWER)
picks = st.integers(min_value=0, max_value=5)
shares = st.sampled_from((1, 1, 0.5, 0.1))


class PracticeMachine(SequenceMachine):
    """What clients, staff, banks and Stripe may do to a few invoices, in any order."""

    # === BILLS === #

    @initialize(first=amounts, second=amounts)
    def open_practice(self, first, second):
        self.bill(first)
        self.bill(second)
        with self._request("saves a card"):
            self.charges += 1
            self.tokens |= self.case._save_card()
            for name in ("visa_chargeDeclined", "authenticationRequired"):
                values = {"stripe_payment_method": f"pm_card_{name}"}
                self.tokens |= self.tokens[0].copy(values)

    @step(amount=amounts)
    def bill(self, amount):
        if len(self.invoices) > MANY:
            return
        with self._request(f"bills {amount}"):
            self.invoices |= self.case._bill(amount)

    @step(pick=picks, what=st.sampled_from(("draft", "cancel", "post", "credit")))
    def change_invoice(self, pick, what):
        invoice = self._invoice(pick)
        with self._request(f"{invoice.name}: {what}"):
            if what == "draft" and invoice.state == "posted":
                invoice.button_draft()
            elif what == "cancel" and invoice.state == "draft":
                invoice.button_cancel()
            elif what == "post" and invoice.state == "draft":
                invoice.action_post()
            elif what == "credit" and not invoice._clinic_get_void_obstacle():
                self.case._credit(invoice)

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

    # === PAYING === #

    @step(pick=picks, share=shares, manually=st.booleans(), ends=ends, weight=2)
    def open_form(self, pick, share, manually, ends):
        invoice = self._invoice(pick)
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

    @step(pick=picks, card=st.sampled_from(CARDS), weight=2)
    def confirm(self, pick, card):
        if not self.forms:
            return
        tx, secret = self.forms[-1 - pick % len(self.forms)]
        with self._outside(f"form {tx.id}: pays with {card}"):
            answer = self.case.browser.confirm(secret, card)
            self.trail[-1] += f" -> {answer.get('status', 'refused')}"

    @step(pick=picks, success=st.booleans())
    def authenticate(self, pick, success):
        intent = self._any(self._intents("requires_action"), pick)
        if intent:
            with self._outside(f"{intent['payment_intent']}: bank says {success}"):
                self.control.authenticate(intent["payment_intent"], success=success)

    @step(pick=picks)
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
        invoice, token = self._invoice(pick), self.tokens[max(0, card - 3)]
        amount = round(invoice.amount_residual * share, 2)
        step = f"{invoice.name}: desk charges {amount}, {token.stripe_payment_method}"
        with self._request(step, ends):
            if invoice.state == "posted" and amount > 0:
                self.charges += 1
                self.case._charge_at_the_desk(invoice, token, amount=amount)

    @step(pick=picks, share=shares, weight=2)
    def pay_cash(self, pick, share):
        invoice = self._invoice(pick)
        amount = round(invoice.amount_residual * share, 2)
        if invoice.state == "posted" and amount > 0:
            with self._request(f"{invoice.name}: {amount} in cash"):
                self.case._pay(invoice, amount)

    @step(pick=picks)
    def allocate(self, pick):
        payment = self._any(self._payments(), pick)
        if payment:
            with self._request(f"{payment.name}: allocate"):
                payment.with_user(self.case.manager).action_clinic_allocate()

    # === AUTHORISATIONS === #

    @step(pick=picks, ends=ends, weight=2)
    def capture(self, pick, ends):
        tx = self._any(self._transactions("authorized"), pick)
        if tx:
            with self._request(f"tx {tx.id}: capture", ends):
                tx.action_capture()

    @step(pick=picks, ends=ends, weight=1)
    def release(self, pick, ends):
        tx = self._any(self._transactions("authorized"), pick)
        if tx:
            with self._request(f"tx {tx.id}: release", ends):
                tx.action_void()

    @step(pick=picks, share=st.sampled_from((1, 0.5, 0)), weight=2)
    def end_authorisation_at_stripe(self, pick, share):
        intent = self._any(self._intents("requires_capture"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["amount"] * share)
            with self._outside(f"{name}: dashboard captures {amount}"):
                if amount:
                    self.control.dashboard_capture(name, amount=amount)
                else:
                    self.control.dashboard_cancel(name)

    # === MONEY THAT GOES BACK === #

    @step(
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

    @step(pick=picks, share=shares, weight=3)
    def refund_at_stripe(self, pick, share):
        intent = self._any(self._intents("succeeded"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["gross"] * share)
            with self._outside(f"{name}: dashboard refunds {amount}"):
                self.control.dashboard_refund(name, amount=amount)

    @step(pick=picks, weight=2)
    def fail_refund(self, pick):
        # Giving up an authorisation is no refund, and cannot fail.
        refunds = [each for intent in self._intents() for each in intent["refunds"]]
        done = [each for each in refunds if each["status"] == "succeeded"]
        refund = self._any(done, pick)
        if refund:
            with self._outside(f"{refund['id']}: fails"):
                self.control.fail_refund(refund["id"])

    @step(pick=picks, share=shares, inquiry=st.booleans(), weight=2)
    def dispute(self, pick, share, inquiry):
        intent = self._any(self._intents("succeeded"), pick)
        if intent:
            name, amount = intent["payment_intent"], int(intent["gross"] * share)
            with self._outside(f"{name}: dispute of {amount}, inquiry {inquiry}"):
                self.control.create_dispute(name, amount=amount, inquiry=inquiry)

    @step(pick=picks, is_won=st.booleans(), weight=3)
    def decide_dispute(self, pick, is_won):
        dispute = self._any(self.control.objects("dispute"), pick)
        if dispute:
            with self._outside(f"{dispute['id']}: won {is_won}"):
                decide = "win_dispute" if is_won else "lose_dispute"
                getattr(self.control, decide)(dispute["id"])

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

import time
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)

from odoo.exceptions import UserError

from odoo.addons.clinic_stripe_gateway.models.clinic_stripe_event_processing import (
    WAITING,
)

from stripe_emulator.control import ControlError

from .common import Undone

HIDE_THE_ANSWER = ("lost_answer", "error_after", "error_before", "refuse", "rate_limit")
CARDS = ("visa", "visa", "visa", "visa_chargeDeclined", "authenticationRequired")
# Older than what the ledger check takes for being under way; the sweep overlaps more.
HALF_AN_HOUR = 1800
JOBS = (
    "clinic_stripe_gateway.ir_cron_sweep_events",
    "clinic_stripe_gateway.ir_cron_process_events",
    "clinic_stripe_gateway.ir_cron_ask_unanswered",
    "clinic_stripe_gateway.ir_cron_refresh_disputes",
    "clinic_stripe_gateway.ir_cron_book_again",
    "payment.cron_post_process_payment_tx",
)

picks = st.integers(min_value=0, max_value=5)
shares = st.sampled_from((1, 1, 0.5, 0.1))
MANY = 3

amounts = st.sampled_from((120, 80, 33.35))
# How a request ends: most of them well.
ends = st.sampled_from(("well",) * 6 + ("forgotten",) * 2 + HIDE_THE_ANSWER)


def step(weight=1, **arguments):
    """Let a method be one of the steps that a sequence is drawn from."""

    def mark(method):
        method.step = (weight, st.fixed_dictionaries(arguments))
        return method

    return mark


class PracticeMachine(RuleBasedStateMachine):
    """What clients, staff, banks and Stripe may do to a few invoices, in any order.

    Each step is a request of its own: it is done wholly or, when Odoo refuses or the
    worker dies, not at all, whatever Stripe has done meanwhile. What comes out is
    compared at the end, when everything has been told and every job has run.
    """

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.env = case.env
        self.control = case.control
        self.invoices = self.env["account.move"]
        self.tokens = self.env["payment.token"]
        self.forms = []
        self.charges = 0
        self.trail = []
        self.is_broken = False
        self.savepoint = self.env.cr.savepoint()
        self.control.reset()
        self.control.freeze(int(time.time()) - HALF_AN_HOUR)
        case._listen(case.provider)

    def teardown(self):
        try:
            if not self.is_broken:
                with self._noticing("recovers"):
                    self.case._recover()
                    self.case._check_everything(self)
        finally:
            self.savepoint.close(rollback=True)
            self.env.cr.cache.clear()

    # === STEPS === #

    @rule(data=st.data())
    def do(self, data):
        """Do one of the steps.

        They are no rules themselves: Hypothesis would leave most of them out of each
        sequence, and those that are worth trying need several.
        """
        methods = {name: getattr(type(self), name) for name in dir(type(self))}
        steps = {n: m.step for n, m in methods.items() if hasattr(m, "step")}
        names = [name for name in steps for _time in range(steps[name][0])]
        name = data.draw(st.sampled_from(names))
        getattr(self, name)(**data.draw(steps[name][1]))

    @contextmanager
    def _noticing(self, step):
        """Tell the whole sequence when something breaks in this step."""
        self.trail.append(step)
        try:
            yield
        except Exception as error:
            self.is_broken = True
            raise AssertionError("\n".join(["", *self.trail, repr(error)])) from error

    @contextmanager
    def _request(self, step, ends="well"):
        """Do the step as a request that Odoo may refuse, and that may end badly."""
        with self._noticing(f"{step}{'' if ends == 'well' else f', {ends}'}"):
            if ends in HIDE_THE_ANSWER:
                self.control.fault(ends, method="POST", path="/v1/*", count=100)
            try:
                with self.env.cr.savepoint():
                    yield
                    if ends == "forgotten":
                        raise Undone
            except UserError as error:
                self.trail[-1] += f" -> refused: {str(error)[:70]}"
            except Undone:
                self.trail[-1] += " -> forgotten"
            self.control.clear_faults()
            self.env.invalidate_all()
            self.env.cr.cache.clear()

    @contextmanager
    def _outside(self, step):
        """Do the step at Stripe, which may refuse it too."""
        with self._noticing(step):
            try:
                yield
            except ControlError as error:
                self.trail[-1] += f" -> refused: {error}"

    def _invoice(self, pick):
        return self.invoices[pick % len(self.invoices)]

    def _transactions(self, *states):
        """Return what was charged or authorised; refunds and captures are children."""
        txs = self.env["payment.transaction"].search(
            [
                ("provider_id", "=", self.case.provider.id),
                ("source_transaction_id", "=", False),
                ("provider_reference", "!=", False),
            ],
            order="id",
        )
        return txs.filtered(lambda tx: not states or tx.state in states)

    def _payments(self):
        return self.env["account.payment"].search(
            [
                ("payment_type", "=", "inbound"),
                ("partner_id", "=", self.case.client.id),
                ("state", "in", ("in_process", "paid")),
            ],
            order="id",
        )

    def _intents(self, *statuses):
        told = self.control.ledger()["payments"]
        return [each for each in told if not statuses or each["status"] in statuses]

    def _any(self, things, pick):
        return things[pick % len(things)] if things else None

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
        refunds = self.control.objects("refund")
        refunds = [each for each in refunds if each["status"] == "succeeded"]
        refund = self._any(refunds, pick)
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
    waiting = (
        env["payment.transaction"]
        .sudo()
        .search([("clinic_stripe_request", "!=", False)])
    )
    waiting.clinic_stripe_ask_at = "2020-01-01"
    unbooked = env["payment.transaction"].search([("is_post_processed", "=", False)])
    unbooked.last_state_change = "2020-01-01"

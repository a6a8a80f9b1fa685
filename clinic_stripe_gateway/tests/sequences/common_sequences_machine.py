import time
from collections import Counter
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from odoo.exceptions import UserError

from stripe_emulator.control import ControlError

from ..common import Undone
from .common_sequences_draws import HIDE_THE_ANSWER, KINDS

# Older than what the ledger check takes for being under way; the sweep overlaps more.
HALF_AN_HOUR = 1800


class SequenceMachine(RuleBasedStateMachine):
    """A sequence of steps, each a request of its own.

    A step is done wholly or, when Odoo refuses or the worker dies, not at all,
    whatever Stripe has done meanwhile. What comes out is compared at the end, when
    everything has been told and every job has run.
    """

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.env = case.env
        self.control = case.control
        self.invoices = self.env["account.move"]
        self.tokens = self.env["payment.token"]
        # Payments that somebody has put aside by hand.
        self.corrected = self.env["account.payment"]
        self.forms = []
        self.charges = 0
        self.trail = []
        self.is_broken = False
        # Whether the step that is being done has been refused or rolled back.
        self.is_undone = False
        # How many steps of each kind have changed anything in the books or at Stripe.
        self.effects = Counter()
        self.savepoint = self.env.cr.savepoint()
        self.control.reset()
        self.control.freeze(int(time.time()) - HALF_AN_HOUR)
        case._listen(case.provider)

    def teardown(self):
        try:
            if not self.is_broken:
                with self._noticing("recovers"):
                    self._correct_again()
                    self.case._recover()
                    self.case._check_everything(self)
        finally:
            self.savepoint.close(rollback=True)
            self.env.cr.cache.clear()

    def _correct_again(self):
        """Post what was put aside of money that Stripe has taken."""
        aside = self.corrected.filtered(
            lambda each: (
                each.payment_transaction_id and each.state in ("draft", "canceled")
            )
        )
        aside.filtered(lambda each: each.state == "canceled").action_draft()
        aside.action_post()

    # === STEPS === #

    @rule(data=st.data())
    def do(self, data):
        """Do one of the steps.

        They are no rules themselves: Hypothesis would leave most of them out of each
        sequence, and those that are worth trying need several.
        """
        steps = self._get_steps()
        names = [name for name in steps for _time in range(steps[name][0])]
        name = data.draw(st.sampled_from(names))
        self.perform(name, **data.draw(steps[name][2]))

    def _get_steps(self):
        """Return the steps that there is something to do for, by name."""
        methods = {name: getattr(type(self), name) for name in dir(type(self))}
        steps = {n: m.step for n, m in methods.items() if hasattr(m, "step")}
        return {
            name: found
            for name, found in steps.items()
            if not found[1] or found[1](self)
        }

    def perform(self, name, **arguments):
        """Do a step, and check what is true at any time.

        :return: whether it has changed anything, and was not undone at once
        :rtype: bool
        """
        before = self._read_facts()
        self.is_undone = False
        getattr(self, name)(**arguments)
        with self._noticing("looks at the books"):
            self.case._check_at_any_time(self)
        self.trail.pop()
        is_effective = not self.is_undone and self._read_facts() != before
        kind = " ".join([name, *(arguments[k] for k in KINDS if k in arguments)])
        self.effects[kind] += is_effective
        return is_effective

    def _read_facts(self):
        """Return what a step may change: money, and how far its papers are."""
        client = [("partner_id", "=", self.case.client.id)]
        moves = self.env["account.move"].search(client)
        payments = self.env["account.payment"].search(client)
        return (
            self._intents(),
            moves.mapped(lambda m: (m.id, m.state, m.payment_state, m.amount_residual)),
            payments.mapped(lambda payment: (payment.id, payment.state)),
            self._transactions().mapped(lambda tx: (tx.id, tx.state)),
            self.env["clinic.stripe.dispute"].sudo().search([]).mapped("status"),
        )

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
                self.is_undone = True
                self.trail[-1] += f" -> refused: {error}"
            except Undone:
                self.is_undone = True
                self.trail[-1] += " -> rolled back"
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
                self.is_undone = True
                self.trail[-1] += f" -> refused: {error}"

    def _invoice(self, pick):
        return self.invoices[pick % len(self.invoices)]

    def _owed_invoice(self, pick):
        """Return an invoice that can be paid, or any where none can."""
        owed = self.invoices.filtered(
            lambda move: move.state == "posted" and move.amount_residual
        )
        return self._any(owed or self.invoices, pick)

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

"""One cell of the matrix: a flow under a fault, what people did, and what they saw."""

import time
from dataclasses import dataclass, field

from practice import CLIENT, MANAGER
from sessions import Refused, Unanswered


@dataclass(frozen=True)
class Answer:
    """What a person saw after a click: a value, or an error."""

    value: object = None
    error: Exception | None = None

    @property
    def is_done(self):
        """Whether the person saw that it is done, and need not click again."""
        return bool(self.value) and not self.error


@dataclass(eq=False)
class Cell:
    """A flow that is played under a fault."""

    stage: object
    flow: object
    fault: object
    invoices: list[int] = field(default_factory=list)
    # A client whom no other cell knows, where a flow is about all that they owe.
    newcomer: object = None
    trace: list[str] = field(default_factory=list)
    # Whether the fault has hit anything: a cell in which nothing failed proves nothing.
    struck: bool = False
    # Whether it has hit the click that it strikes now.
    is_hit: bool = False
    complaints: list[str] = field(default_factory=list)
    # The last transaction of which it may be known by now what became of it.
    last_known: int = 0
    # What a flow wants to remember.
    memory: dict = field(default_factory=dict)

    def __post_init__(self):
        self.began = time.monotonic()
        self.last_event = self._get_last_message()
        self.first_message = self.last_event
        self.close_books()

    def close_books(self):
        """Count no payment at Stripe that was made until now."""
        self.intents_before = {
            payment["payment_intent"] for payment in self.stripe.ledger()["payments"]
        }

    def end_peace(self):
        """Remember where the messages begin that the fault may have to do with."""
        self.first_message = self._get_last_message()

    def has_new_messages(self):
        return self._get_last_message() > self.first_message

    def know_outcomes(self):
        """Say that days have passed: what was asked of Stripe until now is known."""
        self.last_known = self.stage.value("select max(id) from payment_transaction")

    def _get_last_message(self):
        return self.stage.value("select coalesce(max(id), 0) from clinic_stripe_event")

    @property
    def stripe(self):
        return self.stage.stripe

    @property
    def client(self):
        newcomer = self.newcomer
        return newcomer.person if newcomer else self.stage.people[CLIENT]

    @property
    def manager(self):
        return self.stage.people[MANAGER]

    @property
    def invoice(self):
        return self.invoices[0]

    def take_invoices(self, count=1):
        """Take invoices that nobody has touched."""
        self.invoices = [self.stage.invoices.pop(0) for _ in range(count)]

    def payments_at_stripe(self):
        """Return the books' entries of what was made at Stripe since the start."""
        return [
            payment
            for payment in self.stripe.ledger()["payments"]
            if payment["payment_intent"] not in self.intents_before
        ]

    # === CLICKS === #

    def do(self, click, who=""):
        """Let a person click; return what they see."""
        name = f"{who}{getattr(click, '__name__', 'click')}"
        before = time.monotonic()
        try:
            answer = Answer(click(self))
            seen = f"{answer.value!r}"[:160]
        except (Refused, Unanswered) as error:
            answer = Answer(error=error)
            seen = f"{type(error).__name__}: {str(error)[:200]}"
            # A crash in words is a crash; what happens to servers may be one.
            if not self.fault.may_crash and not getattr(error, "is_explained", False):
                self.complain(f"{name} shows a crash: {error!r}")
        took = time.monotonic() - before
        self.note(f"{name} ({took:.1f} s): {seen}")
        return answer

    def begin(self, click):
        """Let a person click in the background; return a future of the answer."""
        return self.stage.pool.submit(self.do, click)

    def strike(self, click, call=None, second=None):
        """Let a person click while the fault is on, and again if it seems to fail.

        :param tuple call: method and path of the request to Stripe that is struck
        :param second: what an impatient person does next; the same if not given
        :return: what they saw, the last at the end
        """
        self.note(f"-- {self.fault.name} strikes {click.__name__}, {call or 'commit'}")
        self.is_hit = False
        answers = [self.fault.strike(self, click, call)]
        if not answers[-1].is_done:
            answers.append(self.do(second or click, "impatiently: "))
        self.fault.end_strike(self)
        self.struck |= self.is_hit
        if call and self.fault.hits_requests and not self.is_hit:
            self.complain(f"the fault has not hit {click.__name__}")
        return answers

    def note(self, text):
        self.trace.append(f"{time.monotonic() - self.began:6.2f} {text}")

    def complain(self, text):
        """Remember something that must not be; told when the cell is over."""
        self.complaints.append(text)

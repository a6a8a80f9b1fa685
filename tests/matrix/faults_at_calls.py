"""What happens to requests to Stripe, and to the workers and database meanwhile."""

import time
from dataclasses import dataclass, field

# How long Odoo waits for Stripe; a parameter of the practice.
TIMEOUT_SECONDS = 1
PATIENCE_SECONDS = 15
EVERYTHING = {"method": None, "path": "/v1/*"}


@dataclass(eq=False)
class Fault:
    """Nothing fails: what all others are compared with."""

    name: str
    # Whether the payer comes back from the card form to the practice's page.
    browser_returns = True
    # Whether a payer who has not come back opens the bill again.
    client_looks = False
    # Whether nobody can know at first what became of a request.
    is_unknown = False
    # Whether people may see a crash instead of a sentence.
    may_crash = False
    # Whether a cell proves nothing unless the fault has hit something.
    must_strike = False
    # Whether it has to hit each request that it strikes.
    hits_requests = False
    # Whether what Stripe tells arrives before the recovery.
    lets_messages_through = True

    def before(self, cell):
        """Make the fault ready, before anything happens."""

    def strike(self, cell, click, call):
        """Let the fault hit what `click` does; return the answer."""
        return cell.do(click)

    def end_strike(self, cell):
        """End what the second click still met."""

    def recover(self, cell):
        """Let everything work again, and let Stripe tell what it could not."""


@dataclass(eq=False)
class StripeFails(Fault):
    """Requests to Stripe fail; `count` leaves the SDK's own retries a chance or not."""

    kind: str = ""
    count: int | None = None
    settings: dict = field(default_factory=dict)
    must_strike = True
    hits_requests = True
    everything: bool = False
    known: bool = False

    @property
    def is_unknown(self):
        return self.count != 1 and not self.known

    def strike(self, cell, click, call):
        if not call:
            return cell.do(click)
        where = EVERYTHING
        if not self.everything:
            where = {"method": call[0], "path": call[1]}
        cell.memory["fault"] = cell.stripe.fault(
            self.kind, count=self.count, **where, **self.settings
        )["id"]
        return cell.do(click)

    def end_strike(self, cell):
        fault_id = cell.memory.pop("fault", None)
        if fault_id:
            faults = {fault["id"]: fault for fault in cell.stripe.faults()}
            cell.is_hit |= faults[fault_id]["hits"] > 0
            cell.stripe.remove_fault(fault_id)


@dataclass(eq=False)
class RefusedInDoubt(StripeFails):
    """The answer is lost, and whatever repeats the request comes too often."""

    def strike(self, cell, click, call):
        if call:
            method, path = call
            cell.stripe.fault("lost_answer", method=method, path=path, count=1)
        return super().strike(cell, click, call)


@dataclass(eq=False)
class Held(Fault):
    """Something happens while a request to Stripe waits for its answer."""

    moment: str = "pause_after"
    must_strike = True
    hits_requests = True
    is_unknown = True
    may_crash = True

    def strike(self, cell, click, call):
        if not call:
            return self.strike_commit(cell, click)
        held = cell.stripe.fault(self.moment, method=call[0], path=call[1], count=1)
        future = cell.begin(click)
        try:
            if _wait_held(cell, held["id"], future):
                cell.is_hit = self.happen(cell, held["id"], future)
        finally:
            cell.stripe.remove_fault(held["id"])
        return future.result()

    def strike_commit(self, cell, click):
        """Hit a click that makes no request to Stripe."""
        return cell.do(click)

    def happen(self, cell, held_id, future):
        """Do what the fault is about; the request goes on afterwards.

        :return: whether it has happened
        """
        raise NotImplementedError


def _wait_held(cell, held_id, future):
    """Return whether a request waits; not if the click is over without one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not future.done() and time.monotonic() < deadline:
        faults = {fault["id"]: fault for fault in cell.stripe.faults()}
        if faults[held_id]["waiting"]:
            return True
        time.sleep(0.01)
    return False


class Killed(Held):
    """The worker is killed while Stripe is asked: before or after Stripe acts."""

    def happen(self, cell, held_id, future):
        cell.stage.kill_worker_in_transaction()
        cell.stripe.release(held_id, drop=True)
        return True


class KilledBeforeCommit(Held):
    """Stripe has answered, everything is written, and the worker is killed."""

    def happen(self, cell, held_id, future):
        with cell.stage.closed_gate() as kill_who_commits:
            cell.stripe.release(held_id)
            return kill_who_commits(future)

    def strike_commit(self, cell, click):
        with cell.stage.closed_gate() as kill_who_commits:
            future = cell.begin(click)
            cell.is_hit = kill_who_commits(future)
        return future.result()


class Collided(Held):
    """Another transaction was faster: Odoo runs the whole request once more."""

    is_unknown = False
    may_crash = False

    def happen(self, cell, held_id, future):
        self._arm(cell)
        cell.stripe.release(held_id)
        # Told when the request is over.
        return False

    def strike_commit(self, cell, click):
        self._arm(cell)
        return cell.do(click)

    def _arm(self, cell):
        cell.stage.arm_collision()
        cell.memory["is armed"] = True

    def end_strike(self, cell):
        is_armed = cell.memory.pop("is armed", False)
        cell.is_hit = is_armed and cell.stage.has_collided()
        cell.stage.disarm_collision()


class DatabaseRestarted(Held):
    """PostgreSQL is restarted while Stripe is asked."""

    def happen(self, cell, held_id, future):
        cell.stage.postgres.restart()
        cell.stripe.release(held_id)
        return True


class ToldBeforeAnswer(Held):
    """Stripe tells about the change, and it is processed, before Stripe answers."""

    is_unknown = False
    may_crash = False

    def happen(self, cell, held_id, future):
        is_told = cell.stripe.wait_delivered(5) and cell.has_new_messages()
        job = cell.begin(process_events)
        # The job may have to wait for the very request that waits for Stripe.
        deadline = time.monotonic() + 2
        while not job.done() and time.monotonic() < deadline:
            time.sleep(0.02)
        cell.stripe.release(held_id)
        return job.result().is_done and is_told


def process_events(cell):
    cell.stage.run_jobs(["ir_cron_process_events"])
    return True


def stripe_fails(name, kind, **options):
    settings = {
        key: options.pop(key) for key in ("seconds", "effect") if key in options
    }
    return StripeFails(name, kind=kind, settings=settings, **options)


SLOW = TIMEOUT_SECONDS + 0.5
# One click and what the SDK repeats by itself; whoever clicks again gets through.
ONE_CLICK = 3

NOTHING = Fault("nothing fails")
AT_CALLS = (
    stripe_fails("connection refused, then not", "refuse", count=1),
    stripe_fails("connection refused", "refuse", everything=True),
    stripe_fails("answer lost, then not", "lost_answer", count=1),
    stripe_fails("answer lost", "lost_answer"),
    stripe_fails("500 before, then not", "error_before", count=1),
    stripe_fails("500 before", "error_before", everything=True),
    stripe_fails("500 after", "error_after"),
    stripe_fails("429", "rate_limit", known=True),
    RefusedInDoubt("answer lost, then 429", kind="rate_limit"),
    stripe_fails("slow, done", "slow", seconds=SLOW, effect="done", count=ONE_CLICK),
    stripe_fails("slow, done late", "slow", seconds=SLOW, effect="late", count=1),
    stripe_fails(
        "slow, not done", "slow", seconds=SLOW, effect="none", count=ONE_CLICK
    ),
    Killed("killed before the call", moment="pause_before"),
    Killed("killed after the call", moment="pause_after"),
    KilledBeforeCommit("killed before commit"),
    Collided("serialization failure"),
    DatabaseRestarted("PostgreSQL restarted"),
)

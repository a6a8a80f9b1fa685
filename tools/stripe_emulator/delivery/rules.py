"""Rules with which tests disturb the delivery of events."""

import itertools
import threading
from dataclasses import dataclass

from .events import matches

ACTIONS = ("hold", "drop", "delay", "repeat", "forge", "lose_answer")


@dataclass
class Rule:
    """What happens to deliveries that match.

    hold: wait for a release. drop: never send. delay: leave `seconds` later on the
    emulated clock. repeat: send `times` copies. forge: sign with a wrong secret.
    lose_answer: send, then treat the answer as lost once, so that it is sent again.
    """

    id: str
    action: str
    types: list
    endpoint: str | None = None
    object_id: str | None = None
    count: int | None = None
    skip: int = 0
    seconds: float = 0.0
    times: int = 2
    hits: int = 0

    def applies(self, event, endpoint):
        """Tell whether this delivery is one that the rule means."""
        return (
            (self.count is None or self.hits < self.skip + self.count)
            and matches(self.types, event["type"])
            and self.endpoint in (None, endpoint["id"])
            and self.object_id in (None, event["_object_id"])
        )


@dataclass(frozen=True)
class Verdict:
    """What a rule decided about one delivery."""

    state: str = "queued"
    delay: float = 0.0
    times: int = 1
    tampering: str | None = None


class Rules:
    """The rules that are in force, the oldest first."""

    def __init__(self):
        self._lock = threading.Lock()
        self._rules = {}
        self._numbers = itertools.count(1)

    def add(self, action, *, types=(), **settings):
        """Put a rule in force and return it."""
        if action not in ACTIONS:
            raise ValueError(f"Unknown action {action!r}; there are {ACTIONS}.")
        with self._lock:
            rule = Rule(f"rule_{next(self._numbers)}", action, list(types), **settings)
            self._rules[rule.id] = rule
        return rule

    def all(self):
        """Return the rules as plain data."""
        with self._lock:
            return [dict(vars(rule)) for rule in self._rules.values()]

    def remove(self, rule_id):
        """Take a rule out of force; KeyError when there is none."""
        with self._lock:
            del self._rules[rule_id]

    def clear(self):
        """Take all rules out of force."""
        with self._lock:
            self._rules.clear()

    def judge(self, event, endpoint):
        """Return the verdict of the first rule that applies, or None."""
        with self._lock:
            for rule in self._rules.values():
                if rule.applies(event, endpoint):
                    rule.hits += 1
                    if rule.hits > rule.skip:
                        return _VERDICTS[rule.action](rule)
        return None


_VERDICTS = {
    "hold": lambda rule: Verdict(state="held"),
    "drop": lambda rule: Verdict(state="dropped"),
    "delay": lambda rule: Verdict(state="held", delay=rule.seconds),
    "repeat": lambda rule: Verdict(times=rule.times),
    "forge": lambda rule: Verdict(tampering="forge"),
    "lose_answer": lambda rule: Verdict(tampering="lose_answer"),
}

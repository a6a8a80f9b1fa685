"""What a payment provider charges at once: neither too little nor too much."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Of one payment, in the smallest unit of its currency.

    :ivar int least: less is not charged
    :ivar int most: more is not charged; ``None`` if there is no such limit
    :ivar int step: every amount is a multiple of it
    """

    least: int = 1
    most: int | None = None
    step: int = 1

    def takes(self, amount):
        """Whether so much can be charged, in whole steps."""
        part = self._cut(amount)
        return part >= self.least and (self.most is None or amount <= self.most)

    def fit(self, amount):
        """Return what is charged of an amount; 0 if it is too little.

        What is left can be charged next time, unless it is less than a step.
        """
        part = self._cut(amount if self.most is None else min(amount, self.most))
        if self.step <= amount - part < self.least:
            part = self._cut(amount - self.least)
        return part if part >= self.least else 0

    def _cut(self, amount):
        return amount - amount % self.step

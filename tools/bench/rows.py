"""What a benchmark returns."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table.

    :ivar ratio: of ours to the peer's, as the row's meaning wants it
    :ivar goal: what the ratio has to reach, in words; empty where there is none
    """

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str


def median(values: list[float]) -> float:
    return statistics.median(values)

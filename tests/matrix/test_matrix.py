"""Whatever fails and wherever: Stripe's books and Odoo's agree, and nobody pays twice.

The table of all cells is printed at the end and kept in build/failure-matrix.txt.
"""

import pytest
from matrix import FAULTS, FLOWS, reason_against

CELLS = [
    (flow, fault)
    for flow in FLOWS
    for fault in FAULTS
    if not reason_against(flow, fault)
]
LONGEST_RUN_SECONDS = 3600


@pytest.mark.parametrize(
    "cell", CELLS, ids=[f"{flow.name}-{fault.name}" for flow, fault in CELLS]
)
def test_books_agree(cell, results):
    result = results.cells[cell].result(LONGEST_RUN_SECONDS)
    assert not result.disagreements, "\n".join([*result.disagreements, result.trace])


def test_odoo_itself_finds_no_difference(results):
    for stage in results.stages:
        assert stage.result(LONGEST_RUN_SECONDS) == []

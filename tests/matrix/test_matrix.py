"""Whatever fails and wherever: Stripe's books and Odoo's agree, and nobody pays twice.

The table of all cells is printed at the end and kept in build/failure-matrix.txt. Short
is: each fault once, each flow once without any, and what a flow names itself.
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


def case(flow, fault):
    """Return a cell with its name, marked if it is played for each change."""
    is_short = flow == FLOWS[0] or fault == FAULTS[0] or fault.name in flow.short_under
    marks = [pytest.mark.short] if is_short else []
    return pytest.param((flow, fault), id=f"{flow.name}-{fault.name}", marks=marks)


@pytest.mark.parametrize("cell", [case(*cell) for cell in CELLS])
def test_books_agree(cell, results):
    result = results.cells[cell].result(LONGEST_RUN_SECONDS)
    assert not result.disagreements, "\n".join([*result.disagreements, result.trace])


@pytest.mark.short
def test_odoo_itself_finds_no_difference(results):
    for stage in results.stages:
        assert stage.result(LONGEST_RUN_SECONDS) == []

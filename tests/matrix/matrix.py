"""All cells: which are played, and why the others make no sense."""

from faults_at_calls import AT_CALLS, NOTHING
from faults_of_events import OF_EVENTS
from flows_at_stripe import DashboardRefund, DisputeLost, DisputeWon
from flows_charged import HeldMoney, HeldMoneyLeft, TwoDueLines
from flows_of_branches import BranchAutopay, BranchPortalCard, BranchSavedCard
from flows_of_deposits import DepositDisputed, DepositRefundFailed
from flows_paying import (
    PortalCard,
    PortalCardAuthenticated,
    SavedCard,
    SeveralInvoices,
)
from flows_undo import (
    PartialRefund,
    Refund,
    Reversal,
    VoidOfAuthorised,
    VoidOfPaid,
)

FLOWS = (
    PortalCard(),
    PortalCardAuthenticated(),
    SeveralInvoices(),
    SavedCard(),
    Refund(),
    PartialRefund(),
    VoidOfAuthorised(),
    VoidOfPaid(),
    Reversal(),
    DashboardRefund(),
    DisputeLost(),
    DisputeWon(),
    HeldMoney(),
    HeldMoneyLeft(),
    TwoDueLines(),
    BranchPortalCard(),
    BranchSavedCard(),
    BranchAutopay(),
    DepositDisputed(),
    DepositRefundFailed(),
)
FAULTS = (NOTHING, *AT_CALLS, *OF_EVENTS)


def reason_against(flow, fault):
    """Return why a fault makes no sense in a flow, or an empty string."""
    return flow.nonsense.get(fault.name, "")

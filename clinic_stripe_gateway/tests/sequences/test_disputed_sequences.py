from odoo.tests import tagged

from odoo.addons.clinic_invoicing.models.deposits.account_move_line import (
    AccountMoveLine as OfDeposits,
)
from odoo.addons.clinic_invoicing.rules import askers
from odoo.addons.clinic_invoicing.tests.sequences.common_sequences_faults import (
    FaultsPutBack,
)
from odoo.addons.clinic_invoicing.tests.sequences.common_sequences_random import (
    EXAMPLES,
)
from odoo.addons.clinic_invoicing.tests.sequences.faults import (
    Fault,
    forget_reasons,
)
from odoo.addons.clinic_invoicing.tests.sequences.kept_sequences import (
    AUTOPAY,
    BILL_60,
    BILL_AGAIN,
    PAY_ALL_ONLINE,
    THREE_DAYS_TWICE,
    VOID_AND_KEEP,
    Kept,
)

from .common_sequences_disputes import DisputeSteps

DISPUTE = ("dispute", 0, 0, 0)
INQUIRY = ("dispute", 0, 3, 0)
WON, LOST, WON_AND_AWAITED = (("decide_dispute", 0, how, 0) for how in range(3))
PAID = [BILL_60, PAY_ALL_ONLINE]
UNDECIDED = Kept(
    "what a bank has still to decide about was asked for", [*PAID, DISPUTE]
)
IN_DOUBT = Kept(
    "money that a bank asks about paid the next invoice",
    [*PAID, VOID_AND_KEEP, INQUIRY, BILL_AGAIN],
    asked=6000,
)
KEPT = (
    UNDECIDED,
    IN_DOUBT,
    Kept("a lost dispute was not asked for", [*PAID, DISPUTE, LOST], asked=6000),
    Kept("a won dispute did not pay its invoice", [*PAID, DISPUTE, WON]),
    Kept("what is on its way back was asked for", [*PAID, DISPUTE, WON_AND_AWAITED]),
    Kept(
        "what is on its way back did not arrive",
        [*PAID, DISPUTE, WON_AND_AWAITED, WON],
    ),
    Kept(
        "a card was charged again whose bank had taken a charge back",
        [BILL_60, AUTOPAY, THREE_DAYS_TWICE, DISPUTE, LOST, THREE_DAYS_TWICE],
        asked=6000,
    ),
)
FAULTS = {
    "disputed invoices are asked for": forget_reasons(UNDECIDED, askers.DISPUTED),
    "disputed money pays invoices": Fault(
        "account.move.line",
        "_clinic_get_held_condition",
        lambda right, lines: OfDeposits._clinic_get_held_condition(lines),
        IN_DOUBT,
    ),
}


@tagged("post_install", "-at_install")
class TestDisputedSequences(DisputeSteps, FaultsPutBack):
    """Nobody is asked for, and nothing is paid with, what a bank disputes."""

    def test_nobody_asks_for_what_is_disputed_after_any_sequence(self):
        self._play_random(max(5, EXAMPLES // 3))

    def test_what_went_wrong_once_is_right(self):
        self._check_kept(KEPT)

    def test_each_fault_that_is_put_back_is_found(self):
        self._check_faults(FAULTS)

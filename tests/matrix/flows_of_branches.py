"""Flows in a branch of the practice, whose journals and gateway are the practice's."""

from flows_charged import Autopay
from flows_paying import PortalCard, SavedCard
from newcomer import bill
from practice import CLIENT

BRANCH = "branch"


class BranchPortalCard(PortalCard):
    """A client pays in the portal what a branch has billed."""

    name = "branch: portal card"

    def prepare(self, cell):
        take_invoice_of_branch(cell)


class BranchSavedCard(SavedCard):
    """A biller charges the saved card for what a branch has billed."""

    name = "branch: saved card at the desk"

    def prepare(self, cell):
        take_invoice_of_branch(cell)


class BranchAutopay(Autopay):
    """A client on autopay at a branch: the card is the practice's."""

    name = "branch: autopay"
    company = BRANCH


def take_invoice_of_branch(cell):
    """Let the branch bill the client whom all cells know."""
    client = cell.stage.value(
        "select partner_id from res_users where login = %s", CLIENT
    )
    cell.invoices = [bill(cell.stage, client, company_id=cell.stage.find(BRANCH))]
